/** A limit of gray's own acts on a small sample at once, so chance alone may break it: the risk that `alpha` does not cover. */
import { percentText } from './advice.ts';
import { eventsOf } from './spread.ts';
import type { Situation } from './walks.ts';

/** One metric in one stage, for as long as the stage is held. */
export interface Held {
  readonly situation: Situation;
  readonly holdMs: number;
}

/** Chance that a good gray, as it passes the stages, has a sample above `maxRate`. */
export function chanceOfBreach(stages: readonly Held[], minSample: number): number {
  const none = stages.reduce((chance, { situation, holdMs }) => {
    const { rule, baseRate, requests, part, intervalMs } = situation;
    const each = requests * part;
    if (rule.maxRate === undefined || each === 0) return chance;
    // A sample is complete at the end of an interval.
    const intervals = Math.max(1, Math.ceil(minSample / each));
    const samples = Math.max(1, Math.floor(holdMs / intervalMs / intervals));
    return chance * (1 - above(baseRate, rule.maxRate, Math.round(intervals * each))) ** samples;
  }, 1);
  return 1 - none;
}

function above(rate: number, limit: number, sample: number): number {
  const { first, chances } = eventsOf(sample * rate, 1 - rate);
  return chances.reduce((sum, chance, at) => (first + at > limit * sample ? sum + chance : sum), 0);
}

const samples = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/** `metric` in all stages; null where the risk is below that of the whole release. */
export function breachAdvice(metric: string, stages: readonly Held[]): string | null {
  const rule = stages[0]?.situation.rule;
  const alpha = stages[0]?.situation.judge.alpha ?? 1;
  if (rule?.maxRate === undefined) return null;
  const chance = chanceOfBreach(stages, rule.minSample);
  if (chance <= alpha) return null;
  const larger = samples.find((one) => one > rule.minSample && chanceOfBreach(stages, one) <= alpha);
  const helps = larger === undefined ? 'set a higher maxRate' : `set minSample: ${larger}, or a higher maxRate`;
  return `${metric}: chance alone breaks maxRate: ${Number((rule.maxRate * 100).toPrecision(4))}% in ${percentText(chance)} of good releases; ${helps}`;
}
