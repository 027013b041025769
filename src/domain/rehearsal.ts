/** What a rehearsal found: a release of the running version to itself, in which every fail of the judge is a false one. */
import type { Fold } from './verdict.ts';

export interface Rehearsed {
  /** How often the judge would have rolled the release back. */
  readonly falseRollbacks: number;
  /** The latest of them, newest last, bounded. */
  readonly latest: readonly FalseRollback[];
}

export interface FalseRollback {
  /** End of the interval that decided, epoch milliseconds. */
  readonly atMs: number;
  readonly reason: string;
}

export const nothingRehearsed: Rehearsed = { falseRollbacks: 0, latest: [] };

const keptLatest = 10;

export const withFalseRollback = ({ falseRollbacks, latest }: Rehearsed, found: FalseRollback): Rehearsed => ({
  falseRollbacks: falseRollbacks + 1,
  latest: [...latest, found].slice(-keptLatest),
});

/** What the fold of a rehearsal remembers; nothing for any other fold. */
export function rehearsedIn(fold: Fold | null): Rehearsed {
  const found = fold?.memory.rehearsed;
  return isRehearsed(found) ? found : nothingRehearsed;
}

export const isRehearsed = (value: unknown): value is Rehearsed =>
  typeof value === 'object' && value !== null && 'falseRollbacks' in value && 'latest' in value;

export function rehearsedText({ falseRollbacks, latest }: Rehearsed): string {
  const times = `the judge would have rolled back ${falseRollbacks} ${falseRollbacks === 1 ? 'time' : 'times'}`;
  const last = latest.at(-1);
  return last === undefined ? times : `${times}; last: ${last.reason}`;
}
