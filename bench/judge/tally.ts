/** Many releases of one kind, and when each rule rolled them back. */
import { failsIn, type Rule } from './rules/rule.ts';
import { anHour, type Scenario, streamOf } from './streams.ts';

export interface Tally {
  readonly rule: string;
  readonly runs: number;
  /** Of the releases that were rolled back, in order. */
  readonly minutes: readonly number[];
}

/** Every rule sees the same releases. */
export function tally(rules: readonly Rule[], scenario: Scenario, runs: number): readonly Tally[] {
  const minutes = rules.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    const stream = streamOf(scenario, run);
    for (const [at, rule] of rules.entries()) {
      const minute = failsIn(rule, stream);
      if (minute !== null) minutes[at]?.push(minute);
    }
  }
  return rules.map(({ name }, at) => ({ rule: name, runs, minutes: (minutes[at] ?? []).toSorted((a, b) => a - b) }));
}

export const partOf = ({ minutes, runs }: Tally): number => minutes.length / runs;

/** NaN where none was rolled back. */
export const medianOf = ({ minutes }: Tally): number => minutes[Math.floor((minutes.length - 1) / 2)] ?? Number.NaN;

/** Rolled back or not, a release is an hour long. */
export const meanOf = ({ minutes, runs }: Tally): number =>
  (minutes.reduce((sum, minute) => sum + minute, 0) + (runs - minutes.length) * anHour.length) / runs;

/** The most of `runs` that a chance of `part` gives, but for once in ten thousand: 65 of 4,000 at 1 %. */
export function mostOf(runs: number, part: number): number {
  let [count, chance, sum] = [0, (1 - part) ** runs, (1 - part) ** runs];
  while (sum < 0.9999) {
    chance *= (((runs - count) / (count + 1)) * part) / (1 - part);
    count += 1;
    sum += chance;
  }
  return count;
}

/** Half the width of a 95 % interval for a part, in points of percent. */
export const margin = (part: number, runs: number): number => 196 * Math.sqrt((part * (1 - part)) / runs);
