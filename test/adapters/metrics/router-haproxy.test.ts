/** The counters of a real HAProxy, over its admin socket and its exporter, and the stick tables that the docs describe. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetricSource } from '../../../src/adapters/metrics/index.ts';
import type { MetricSource, MetricWindow } from '../../../src/adapters/metrics/port.ts';
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { RouterCounters } from '../../../src/domain/spec.ts';
import type { Interval } from '../../../src/domain/verdict.ts';
import { Backend } from '../../support/backends.ts';
import { Haproxy } from '../../support/haproxy.ts';
import { http } from '../../support/http.ts';

const clients = { a: 'shop_a', b: 'shop_b' };
let backends: Backend[] = [];
let servers: ServerSpec[] = [];
let haproxy: Haproxy;

/** The lines of docs/metrics.md, in every backend of a pool. */
async function clientLines(): Promise<string> {
  const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const [, lines] = /```haproxy\n# in both pools\n([\s\S]*?)```/.exec(page) ?? [];
  if (lines === undefined) throw new Error('docs/metrics.md has no lines for HAProxy');
  return lines.replaceAll('payments', 'shop');
}

beforeAll(async () => {
  backends = await Promise.all(['s1', 's2'].map((id) => Backend.start(id)));
  servers = backends.map(({ id, address }) => ({ id, address, gray: id === 's2', spare: false, weight: 100 }));
  const lines = await clientLines();
  const edit = (config: string) => config.replace(/^(backend shop_[ab])$/gm, (name) => `${name}\n${lines.trimEnd()}`);
  haproxy = await Haproxy.start({ servers, edit });
  await haproxyRouter(haproxy.spec, { target: 'shop', servers }).apply({
    ...{ fence: 1, release: 'shop-2', period: 'gray', stable: 'a', servers: { s1: 'a', s2: 'b' } },
    split: { shareBp: 0, salt: 'x', alwaysGray: ['vip', 'other'], alwaysStable: [], rest: 'stable' },
  });
});

afterAll(async () => {
  await haproxy?.end();
  await Promise.all(backends.map((backend) => backend.stop()));
});

const ask = (path: string, user: string) => http(`${haproxy.entrance}${path}`, { headers: { 'x-user-id': user } });

const sourceOf = (from: RouterCounters): MetricSource =>
  createMetricSource({
    kind: 'router',
    intervalMs: 1_500,
    from: [from],
    define: { errors: { bad: ['5xx'] }, clients: { clients: 'failed' } },
  });

const overSocket = () => sourceOf({ kind: 'haproxy', at: haproxy.instance.socket, pools: clients, clients });

function windowNow(change: Partial<MetricWindow> = {}): MetricWindow {
  const fromMs = Date.now() + 20;
  const arms = { gray: servers.slice(1), stable: servers.slice(0, 1) };
  return { fromMs, toMs: fromMs + 1_500, arms, metrics: ['errors', 'clients'], stablePool: 'a', ...change };
}

async function during(measured: Promise<Interval>, events: () => Promise<unknown>): Promise<Interval> {
  await sleep(150);
  await events();
  return measured;
}

describe('the counters of a real HAProxy', () => {
  it('tell per pool what users got: a broken answer is bad, and three of one client are one', async () => {
    const [socket, exporter] = [
      overSocket(),
      sourceOf({ kind: 'haproxy', at: `${haproxy.exporter}/metrics`, pools: clients }),
    ];
    const window = windowNow();
    const [one, other] = await Promise.all([
      during(socket.measure(window), async () => {
        for (const path of ['/', '/cut', '/cut', '/cut']) await ask(path, 'vip');
        for (const user of ['other', 'ann', 'ben', 'ann']) await ask('/', user);
      }),
      exporter.measure({ ...window, metrics: ['errors'] }),
    ]);
    const errors = { counts: { gray: { total: 5, bad: 3 }, stable: { total: 3, bad: 0 } } };
    expect(one.metrics).toEqual({
      errors,
      clients: { counts: { gray: { total: 2, bad: 1 }, stable: { total: 2, bad: 0 } } },
    });
    expect(other.metrics).toEqual({ errors });
  });

  it('change sides with the pool that is called stable, and are all stable where nobody asks for gray', async () => {
    const source = overSocket();
    const window = windowNow({ metrics: ['errors'] });
    const { stablePool: _, ...unsaid } = { ...window, arms: { gray: [], stable: servers } };
    const [flipped, plain] = await Promise.all([
      during(source.measure({ ...window, stablePool: 'b' }), () => Promise.all([ask('/', 'vip'), ask('/', 'ann')])),
      source.measure(unsaid),
    ]);
    const single = { total: 1, bad: 0 };
    expect(flipped.metrics.errors).toEqual({ counts: { gray: single, stable: single } });
    expect(plain.metrics.errors).toEqual({ counts: { gray: { total: 0, bad: 0 }, stable: { total: 2, bad: 0 } } });
  });

  it('count what a new process counted after a restart, and are unusable while none answers', async () => {
    const source = overSocket();
    const restarted = await during(source.measure(windowNow()), async () => {
      await ask('/', 'vip');
      await haproxy.restart();
      await ask('/cut', 'vip');
    });
    expect(restarted.metrics).toMatchObject({
      errors: { counts: { gray: { total: 1, bad: 1 } } },
      clients: { counts: { gray: { total: 1, bad: 1 } } },
    });
    const gone = await during(source.measure(windowNow()), () => haproxy.kill());
    expect(gone.metrics.errors).toEqual({ unusable: expect.stringContaining('cannot be read') });
    expect(gone.metrics.clients).toEqual({ unusable: expect.stringContaining('cannot be read') });
  });
});
