import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { MetricSource } from '../../../src/adapters/metrics/port.ts';
import { withProbe } from '../../../src/adapters/metrics/synthetic.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import { freePort } from '../../support/ports.ts';

const probe = { get: '/search?q=probe', requests: 4, timeoutMs: 200, slowMs: 60 };
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** Answers with `status` after `ms`, and counts. */
async function server(id: string, status = 200, ms = 0): Promise<ServerSpec & { readonly asked: () => number }> {
  let asked = 0;
  const port = await freePort();
  const http = createServer(async (request, response) => {
    asked += request.url === probe.get ? 1 : 0;
    await sleep(ms);
    response.writeHead(status).end();
  });
  open.push(http);
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return { id, address: { host: '127.0.0.1', port }, gray: false, spare: false, weight: 100, asked: () => asked };
}

const users: MetricSource = {
  intervalMs: 400,
  measure: async ({ fromMs, toMs, metrics }) => ({
    ...{ fromMs, toMs },
    metrics: Object.fromEntries(metrics.map((metric) => [metric, { unusable: 'no user came' }])),
  }),
};

function measured(gray: readonly ServerSpec[], stable: readonly ServerSpec[], signal?: AbortSignal) {
  const fromMs = Date.now();
  const metrics = ['errors', 'probe-failed', 'probe-slow'];
  const window = { fromMs, toMs: fromMs + 400, arms: { gray, stable }, metrics, ...(signal && { signal }) };
  return withProbe(users, probe).measure(window);
}

describe('synthetic requests', () => {
  it('ask every server of both arms, and count what fails beside the metrics of users', async () => {
    const [bad, good, other] = [await server('s1', 500), await server('s2'), await server('s3')];
    const { metrics } = await measured([bad], [good, other]);
    expect(metrics).toMatchObject({
      errors: { unusable: 'no user came' },
      'probe-failed': { counts: { gray: { total: 4, bad: 4 }, stable: { total: 8, bad: 0 } } },
    });
    expect([bad.asked(), good.asked(), other.asked()]).toEqual([4, 4, 4]);
  });

  it('count slow answers, and servers that do not answer at all', async () => {
    const slow = await server('s1', 200, 90);
    const dead = { ...slow, id: 's2', address: { host: '127.0.0.1', port: await freePort() } };
    const { metrics } = await measured([slow], [dead]);
    expect(metrics).toMatchObject({
      'probe-slow': { counts: { gray: { total: 4, bad: 4 }, stable: { total: 4, bad: 4 } } },
      'probe-failed': { counts: { gray: { total: 4, bad: 0 }, stable: { total: 4, bad: 4 } } },
    });
  });

  it('end with the observation', async () => {
    const stop = new AbortController();
    const quiet = await server('s1', 200, 100);
    const measuring = measured([quiet], [quiet], stop.signal);
    setTimeout(() => stop.abort(new Error('asked')), 50);
    await expect(measuring).rejects.toThrow();
  });

  it('are not sent where nobody judges by them', async () => {
    const idle = await server('s1');
    const fromMs = Date.now();
    await withProbe(users, probe).measure({
      fromMs,
      toMs: fromMs + 50,
      arms: { gray: [idle], stable: [idle] },
      metrics: ['errors'],
    });
    expect(idle.asked()).toBe(0);
  });
});
