import { afterEach, expect, it } from 'vitest';
import { measuredTraffic } from '../../../src/cli/measured-traffic.ts';
import { InvalidInput } from '../../../src/domain/errors.ts';
import type { ReleaseSpec } from '../../../src/domain/spec.ts';
import { releaseSpec } from '../../support/release-spec.ts';
import { CountingServer } from './counting-server.ts';

let servers: readonly CountingServer[] = [];
afterEach(() => Promise.all(servers.map((server) => server.stop())));

async function spec(...ids: readonly string[]): Promise<ReleaseSpec> {
  servers = await Promise.all(ids.map((id) => new CountingServer(id).start()));
  const errors = { total: 'http_requests_total', bad: { code: '/5../' } };
  return releaseSpec('shop', {
    servers: servers.map((server) => server.spec()),
    metrics: { kind: 'exposition', path: '/metrics', intervalMs: 200, define: { errors } },
  });
}

it('the traffic that a plan needs is what its metric source sees in all servers', async () => {
  const shop = await spec('s1', 's2');
  for (const server of servers) server.serve({ total: 1_000, bad: 500 });
  const said: string[] = [];
  const measuring = measuredTraffic(shop, (line) => void said.push(line), 1_000);
  setTimeout(() => servers.forEach((server) => void server.serve({ total: 100, bad: 2 })), 500);
  expect(await measuring).toEqual({ requestsPerSecond: 200, baseRates: { errors: 0.02 } });
  expect(said).toEqual(['measuring the traffic for 1s']);
});

it('a target without traffic, or a metric that nobody has, is named', async () => {
  const shop = await spec('s1');
  servers[0]?.serve({ total: 1, bad: 1 });
  const refused = await measuredTraffic(shop, () => undefined, 200).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(InvalidInput);
  expect(refused).toMatchObject({ problems: [{ path: 'errors', message: 'no request within 200ms' }] });
});
