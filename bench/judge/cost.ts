/** What a verdict costs: a day of minutes, five metrics. */
import { createJudge } from '../../src/domain/judge/index.ts';
import type { Fold, Interval } from '../../src/domain/verdict.ts';
import { contextOf, intervalOf, specOf } from './rules/gray-release.ts';
import type { Section } from './section.ts';
import { good, streamOf } from './streams.ts';

const day = 1_440;
const names = ['errors', 'slow-p50', 'slow-p90', 'slow-p99', 'timeouts'];

export function cost(): Section {
  const { minutes } = streamOf(
    {
      ...{ name: 'cost', kind: 'iid', perMinute: 6_000, rate: 0.005, fault: good },
      shares: Array.from({ length: day }, () => 5_000),
    },
    0,
  );
  const intervals = minutes.map((counts, at): Interval => {
    const interval = intervalOf(at, counts, 5_000);
    return { ...interval, metrics: Object.fromEntries(names.map((name) => [name, { counts }])) };
  });
  const judge = createJudge(spec);
  const tookMs = Array.from({ length: 7 }, () => timed(() => decided(intervals)));
  const bytes = (count: number) => JSON.stringify(intervals.slice(0, count).reduce(judge.fold, judge.start())).length;
  const [hour, whole] = [bytes(60), bytes(day)];
  const best = Math.min(...tookMs);
  return {
    title: 'What it costs',
    lines: [
      `A verdict over ${day} intervals of ${names.length} metrics takes ${best.toFixed(0)} ms; what is remembered is ${(whole / 1_000).toFixed(1)} kB of JSON`,
      `after a day and ${(hour / 1_000).toFixed(1)} kB after an hour.`,
    ],
    figures: [
      { name: 'verdict over a day of 5 metrics', value: best, unit: 'ms', atMost: 20 },
      { name: 'memory after a day ÷ after an hour', value: whole / hour, unit: '', atMost: 1.1 },
    ],
  };
}

const rule = specOf().metrics.errors;
const spec = { ...specOf(), metrics: Object.fromEntries(names.flatMap((name) => (rule ? [[name, rule]] : []))) };

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
