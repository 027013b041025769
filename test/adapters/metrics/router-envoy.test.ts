/** The counters of a real Envoy, on its own page of statistics. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetricSource } from '../../../src/adapters/metrics/index.ts';
import { envoyRouter } from '../../../src/adapters/router/envoy.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import { Backend } from '../../support/backends.ts';
import { Envoy } from '../../support/envoy.ts';
import { http } from '../../support/http.ts';
import { freePorts } from '../../support/ports.ts';

let backends: Backend[] = [];
let servers: ServerSpec[] = [];
let envoy: Envoy;
let stats = '';

beforeAll(async () => {
  backends = await Promise.all(['s1', 's2'].map((id) => Backend.start(id)));
  servers = backends.map(({ id, address }) => ({ id, address, gray: id === 's2', spare: false, weight: 100 }));
  const [port = 0] = await freePorts(1);
  stats = `http://127.0.0.1:${port}/stats/prometheus`;
  envoy = await Envoy.start({ servers, target: 'shop', adminPort: port });
  await envoyRouter(envoy.spec, { target: 'shop', servers }).apply({
    ...{ fence: 1, release: 'shop-2', period: 'gray', stable: 'a', servers: { s1: 'a', s2: 'b' } },
    split: { shareBp: 0, salt: 'x', alwaysGray: ['vip'], alwaysStable: [], rest: 'stable' },
  });
});

afterAll(async () => {
  await envoy?.end();
  await Promise.all(backends.map((backend) => backend.stop()));
});

const ask = (path: string, user: string) => http(`${envoy.spec.entrance}${path}`, { headers: { 'x-user-id': user } });

const measured = async (play: () => Promise<void>, forMs = 1_000) => {
  const source = createMetricSource({
    kind: 'router',
    intervalMs: forMs,
    from: [{ kind: 'envoy', at: stats, pools: { a: 'shop_a', b: 'shop_b' } }],
    define: { errors: { bad: ['5xx'] }, slow: { aboveSeconds: 0.25 } },
  });
  const fromMs = Date.now() + 50;
  const arms = { gray: servers.slice(1), stable: servers.slice(0, 1) };
  const interval = source.measure({
    ...{ fromMs, toMs: fromMs + forMs, arms, metrics: ['errors', 'slow'], stablePool: 'a' },
    signal: new AbortController().signal,
  });
  await sleep(200);
  await play();
  return (await interval).metrics;
};

describe('the counters of a real Envoy', () => {
  it('tell requests and errors per pool, and no health checks', async () => {
    const metrics = await measured(async () => {
      for (let n = 0; n < 6; n += 1) await ask('/version', 'anna');
      for (let n = 0; n < 4; n += 1) await ask('/version', 'vip');
      for (let n = 0; n < 2; n += 1) expect((await ask('/cut', 'vip')).status).toBe(503);
    });
    expect(metrics.errors).toEqual({ counts: { gray: { total: 6, bad: 2 }, stable: { total: 6, bad: 0 } } });
  });

  it('tell slow requests by a bucket of their latency', async () => {
    // Envoy puts latencies together once a second.
    const metrics = await measured(async () => void (await ask('/version', 'anna')), 2_500);
    expect(metrics.slow).toMatchObject({ counts: { stable: { total: 1, bad: 0 } } });
  });

  it('count a request that no server could answer against the pool of its user', async () => {
    await Promise.all(backends.map((backend) => backend.stop()));
    const metrics = await measured(async () => {
      for (let n = 0; n < 3; n += 1) expect((await ask('/version', 'vip')).status).toBe(503);
    });
    expect(metrics.errors).toEqual({ counts: { gray: { total: 3, bad: 3 }, stable: { total: 0, bad: 0 } } });
  });
});
