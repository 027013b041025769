import { describe, expect, it } from 'vitest';
import { lookBack } from '../../activities/observe-before.ts';
import type { Seen } from '../../activities/seen.ts';
import { specOf } from '../../bench/judge/rules/gray-release.ts';
import type { EvidenceEntry } from '../../src/adapters/evidence/port.ts';
import type { MetricSource, MetricWindow } from '../../src/adapters/metrics/port.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import type { JudgeSpec } from '../../src/domain/spec.ts';
import type { Fold } from '../../src/domain/verdict.ts';
import { releaseSpec } from '../support/release-spec.ts';

const { servers, judge: threshold, ...spec } = releaseSpec('shop');
const stable = servers.slice(2);
const errors = specOf().metrics.errors;
const sequential: JudgeSpec = { ...specOf(), metrics: errors ? { errors, 'probe-failed': errors } : {} };

/** Stable servers of which every other interval has ten errors more: they clump. */
class Past implements MetricSource {
  readonly intervalMs = 1_000;
  readonly asked: MetricWindow[] = [];
  readonly looksBack: boolean;
  constructor(looksBack = true) {
    this.looksBack = looksBack;
  }
  async measure(window: MetricWindow) {
    this.asked.push(window);
    const bad = Math.floor(window.fromMs / 1_000) % 2 === 0 ? 15 : 5;
    const counts = { gray: { total: 0, bad: 0 }, stable: { total: 1_000, bad } };
    return { fromMs: window.fromMs, toMs: window.toMs, metrics: { errors: { counts } } };
  }
}

async function lookedBack(source: Past, judgeSpec: JudgeSpec, from: Fold | null = null) {
  const judge = createJudge(judgeSpec);
  const kept: EvidenceEntry[] = [];
  const evidence = { append: async (_: string, entry: EvidenceEntry) => void kept.push(entry) };
  const fold = from ?? judge.start();
  const seen: Seen = {
    ...{ nowMs: Date.now, begunAtMs: null, fold, changes: 0, places: {} },
    verdict: judge.decide(fold, { nowMs: Date.now(), rules: 'all', shareBp: 500 }),
    order: {
      ...{ release: 'shop-1', target: 'shop', servers, router: spec.router, metrics: spec.metrics, judge: judgeSpec },
      ...{ rules: 'all', shareBp: 500, restBp: 0, expect: null, instance: null, knownDown: [], fold: from },
      ...{ stage: 0, newStage: false, next: null, endAtMs: 9e12, endOnPass: false },
    },
  };
  await lookBack({ evidence }, seen, { source, judge, stable, signal: new AbortController().signal });
  return { fold: seen.fold, kept, verdict: judge.decide(seen.fold, { nowMs: Date.now(), rules: 'all', shareBp: 500 }) };
}

describe('before its first interval a release looks back', () => {
  it('at the stable servers, so that it knows how much their errors scatter', async () => {
    const source = new Past();
    const { verdict } = await lookedBack(source, sequential);
    expect(source.asked).toHaveLength(60);
    expect(new Set(source.asked.flatMap(({ arms }) => arms.gray))).toEqual(new Set());
    const judge = createJudge(sequential);
    const blind = judge.decide(judge.start(), { nowMs: Date.now(), rules: 'all', shareBp: 500 });
    expect(blind.evidence[0]?.evidence?.dispersion).toBe(1);
    expect(verdict.evidence[0]?.evidence?.dispersion).toBeGreaterThan(5);
  });

  it('sends no request of its own, and counts nothing for the comparison', async () => {
    const source = new Past();
    const { verdict } = await lookedBack(source, sequential);
    expect(source.asked.every(({ metrics }) => metrics.join() === 'errors')).toBe(true);
    expect(verdict.evidence[0]).toMatchObject({ kind: 'inconclusive', gray: { total: 0 }, stable: { total: 0 } });
  });

  it('and keeps what it saw, at a share of nothing', async () => {
    const { kept } = await lookedBack(new Past(), sequential);
    expect(kept).toHaveLength(60);
    expect(kept.every((entry) => entry.kind === 'interval' && entry.shareBp === 0)).toBe(true);
  });

  it('once, and only where source and judge have a use for it', async () => {
    const { fold } = await lookedBack(new Past(), sequential);
    for (const [source, judge, from] of [
      [new Past(), sequential, fold],
      [new Past(), threshold, null],
      [new Past(false), sequential, null],
    ] as const) {
      await lookedBack(source, judge, from);
      expect(source.asked).toEqual([]);
    }
  });
});
