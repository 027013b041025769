/** What the parts of an observation share. */
import type { Fold } from '../src/domain/verdict.ts';
import type { Observation } from './orders.ts';

/** What an observation knows so far; its heartbeat, so that the next attempt and `gray status` know it too. */
export interface Seen {
  fold: Fold;
  verdict: Observation['verdict'];
  /** Increases whenever the router or its servers changed: an interval that spans a change does not count. */
  changes: number;
  places: Readonly<Record<string, string>>;
}

export type Ending = Pick<Observation, 'ended' | 'down' | 'note'>;
