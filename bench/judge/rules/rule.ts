/** A way to decide, minute by minute, whether gray is rolled back. */
import type { Counts } from '../../../src/domain/verdict.ts';
import type { Minute } from '../streams.ts';

export interface Rule {
  readonly name: string;
  /** `before`: all traffic in the hour before the release, by minute. */
  readonly start: (before: readonly Counts[]) => Watcher;
}

export interface Watcher {
  /** Asked once for each minute, in order. */
  readonly minute: (now: Minute) => Opinion;
}

export type Opinion = 'fail' | 'go';

export const opinion = (fails: boolean): Opinion => (fails ? 'fail' : 'go');

export const badPart = ({ total, bad }: Counts): number => (total === 0 ? 0 : bad / total);

/** The minute in which `rule` rolls back, from 1; null for never. */
export function failsIn(rule: Rule, { before, minutes }: { before: readonly Counts[]; minutes: readonly Minute[] }) {
  const watcher = rule.start(before);
  const at = minutes.findIndex((now) => watcher.minute(now) === 'fail');
  return at === -1 ? null : at + 1;
}
