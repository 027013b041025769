/** A day of minutes, five metrics: how long a verdict takes, and how much is remembered. */
import { createJudge } from '../../src/domain/judge/index.ts';
import type { Fold, Interval } from '../../src/domain/verdict.ts';
import { contextOf, intervalOf, specOf } from './rules/gray-release.ts';
import { good, streamOf } from './streams.ts';

export const day = 1_440;
export const names = ['errors', 'slow-p50', 'slow-p90', 'slow-p99', 'timeouts'];

export interface Cost {
  /** The best of many: everything else is what the machine did besides. */
  readonly verdictMs: number;
  readonly bytesAfterHour: number;
  readonly bytesAfterDay: number;
}

const rule = specOf().metrics.errors;
const spec = { ...specOf(), metrics: Object.fromEntries(names.flatMap((name) => (rule ? [[name, rule]] : []))) };

export function measureCost(repeats: number): Cost {
  const intervals = aDay();
  const judge = createJudge(spec);
  const bytes = (count: number) => JSON.stringify(intervals.slice(0, count).reduce(judge.fold, judge.start())).length;
  const took = Array.from({ length: repeats }, () => timed(() => decided(intervals)));
  return { verdictMs: Math.min(...took), bytesAfterHour: bytes(60), bytesAfterDay: bytes(day) };
}

function aDay(): readonly Interval[] {
  const shares = Array.from({ length: day }, () => 5_000);
  const scenario = { name: 'cost', kind: 'iid', perMinute: 6_000, rate: 0.005, fault: good, shares } as const;
  return streamOf(scenario, 0).minutes.map((counts, at) => ({
    ...intervalOf(at, counts, 5_000),
    metrics: Object.fromEntries(names.map((name) => [name, { counts }])),
  }));
}

function decided(intervals: readonly Interval[]): string {
  const judge = createJudge(spec);
  const fold = intervals.reduce<Fold>(judge.fold, judge.start());
  return judge.decide(fold, contextOf(day - 1, 5_000)).kind;
}

function timed(work: () => unknown): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}
