import { describe, expect, it } from 'vitest';
import { watchMetrics } from '../../activities/observe-metrics.ts';
import { watchRouter } from '../../activities/observe-router.ts';
import type { Seen } from '../../activities/seen.ts';
import { createDeployer } from '../../src/adapters/deployer/index.ts';
import type { MetricWindow } from '../../src/adapters/metrics/port.ts';
import { MemoryRouter } from '../../src/adapters/router/memory.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { PoolName } from '../../src/domain/server.ts';
import { releaseSpec } from '../support/release-spec.ts';

const spec = releaseSpec('shop');

/** What the metric source is asked for while the router calls `stable` stable. */
async function windowOf(stable: PoolName): Promise<MetricWindow> {
  const router = new MemoryRouter(spec);
  const gray = stable === 'a' ? 'b' : 'a';
  const route: DesiredRoute = {
    ...{ fence: 5, release: 'shop-1', period: 'gray', stable },
    split: { shareBp: 500, salt: 'salt', alwaysGray: [], alwaysStable: [], rest: 'stable' },
    servers: Object.fromEntries(spec.servers.map((server) => [server.id, server.gray ? gray : stable])),
  };
  await router.apply(route);
  const judge = createJudge(spec.judge);
  const fold = judge.start();
  const seen: Seen = {
    ...{ nowMs: Date.now, begunAtMs: null, fold, changes: 0, places: {} },
    verdict: judge.decide(fold, { nowMs: 0, rules: 'all', shareBp: 500 }),
    order: {
      ...{ release: 'shop-1', target: 'shop', servers: spec.servers, router: spec.router, metrics: spec.metrics },
      ...{ judge: spec.judge, rules: 'all', shareBp: 500, restBp: 0, expect: null, instance: null, knownDown: [] },
      ...{ fold: null, stage: 0, newStage: false, next: null, endAtMs: 9e12, endOnPass: false },
    },
  };
  const stop = new AbortController();
  const asked: MetricWindow[] = [];
  const adapters = {
    ...{ router: () => router, judge: createJudge, deployer: createDeployer },
    metrics: () => ({
      intervalMs: 50,
      measure: async (window: MetricWindow) => {
        asked.push(window);
        stop.abort();
        return { fromMs: window.fromMs, toMs: window.toMs, metrics: {} };
      },
    }),
    notifier: () => ({ notify: async () => undefined }),
    check: async ({ name }: { readonly name: string }) => ({ name, ok: true, runs: 1, failures: 0 }),
    evidence: { append: async () => undefined },
  };
  await Promise.all([watchRouter(adapters, seen, stop.signal), watchMetrics(adapters, seen, stop.signal)]);
  const [first] = asked;
  if (first === undefined) throw new Error('nothing was measured');
  return first;
}

describe('a metric source', () => {
  it.each(['a', 'b'] as const)('is told that pool %s is stable, since routers count by pool', async (stable) => {
    const { stablePool, arms } = await windowOf(stable);
    expect(stablePool).toBe(stable);
    expect(arms.gray.map(({ id }) => id)).toEqual(['s1', 's2']);
  });
});
