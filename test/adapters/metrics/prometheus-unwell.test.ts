/** What a healthy Prometheus never answers comes from a server that lies. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { boundPattern } from '../../../src/adapters/metrics/promql-histogram.ts';
import type { PrometheusMetricsSpec } from '../../../src/domain/spec.ts';
import { portOf } from '../../support/ports.ts';
import { CountingServer } from './counting-server.ts';
import { gray, reading, spec } from './prometheus-asked.ts';

describe('a bucket bound', () => {
  it.each([
    [1, ['1', '1.0', '1e+00', '1e0'], ['10', '1.5', '0.1']],
    [0.25, ['0.25', '0.250', '2.5e-01'], ['0.2', '0.255', '1.25']],
    [0.0001, ['0.0001', '1e-04', '1.0e-4'], ['0.001', '1e-05']],
    [10, ['10', '10.0', '1e+01'], ['1', '100']],
  ])('of %s s is found however the client library writes it', (bound, written, others) => {
    const pattern = new RegExp(`^(?:${boundPattern(bound)})$`);
    expect(written.filter((text) => !pattern.test(text))).toEqual([]);
    expect(others.filter((text) => pattern.test(text))).toEqual([]);
  });
});

describe('a Prometheus that is not well', () => {
  const past = { fromMs: 1_000_000, toMs: 1_060_000 };
  const server = new CountingServer('pay-1').spec();
  const row = (value: unknown) => ({ metric: { instance: '127.0.0.1:0' }, value: [1_060, value] });

  async function answered(status: number, body: unknown, rest: Partial<PrometheusMetricsSpec> = {}) {
    const seen: string[] = [];
    const liar = createServer((request, response) => {
      seen.push(request.headers.authorization ?? '');
      request
        .resume()
        .on('end', () => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)));
    });
    await once(liar.listen(0, '127.0.0.1'), 'listening');
    const arms = { gray: [server], stable: [] };
    const url = `http://127.0.0.1:${portOf(liar)}/prometheus/`;
    const found = await reading(spec(url, rest), { ...past, arms }, 'errors');
    await new Promise((closed) => liar.close(closed));
    return { found: gray(found), seen };
  }
  const success = (result: unknown, rest = {}) => ({
    status: 'success',
    data: { resultType: 'vector', result },
    ...rest,
  });

  it('one that is well gives counts, rounded, and never more bad than all', async () => {
    expect((await answered(200, success([row('12.6')]))).found).toEqual({ total: 13, bad: 13 });
  });

  it.each([
    [
      'warnings',
      200,
      success([row('12')], { warnings: ['one store did not answer'] }),
      /warns: one store did not answer/,
    ],
    ['an empty result', 200, success([]), /nothing on pay-1/],
    ['NaN', 200, success([row('NaN')]), /gives NaN/],
    ['an empty value', 200, success([row('')]), /gives /],
    ['null', 200, success([row(null)]), /gives null/],
    ['a scalar', 200, { status: 'success', data: { resultType: 'scalar', result: [1, '2'] } }, /gives a scalar/],
    ['a row that is none', 200, success(['x']), /a row that is none/],
    ['a login page', 200, '<html>sign in</html>', /status 200/],
    ['a refusal', 401, 'sesame', /status 401/],
    ['a gateway without Prometheus', 502, 'bad gateway', /status 502/],
  ])('%s is unusable', async (_, status, body, reason) => {
    expect((await answered(status, body)).found).toMatch(reason);
  });

  it('gets the bearer token, which no reason repeats', async () => {
    const { found, seen } = await answered(403, { status: 'error', error: 'no' }, { tokenEnv: 'TOKEN' });
    expect(seen).toContain('Bearer sesame-4711');
    expect(found).toMatch(/status 403/);
    expect(found).not.toMatch(/sesame/);
  });

  it('is not asked without the token', async () => {
    const { found, seen } = await answered(200, success([]), { tokenEnv: 'ANOTHER' });
    expect(found).toMatch(/environment variable ANOTHER is not set/);
    expect(seen).toEqual([]);
  });

  it('that is not there is unusable', async () => {
    const found = await reading(
      spec('http://127.0.0.1:1'),
      { ...past, arms: { gray: [server], stable: [] } },
      'errors',
    );
    expect(gray(found)).toMatch(/cannot be asked: .*ECONNREFUSED/);
  });
});
