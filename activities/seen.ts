/** What the parts of an observation share. */
import type { PoolName } from '../src/domain/server.ts';
import type { Fold, Judge } from '../src/domain/verdict.ts';
import type { Observation, ObserveOrder } from './orders.ts';

/** What an observation knows so far. */
export interface Seen {
  /** Server time. */
  readonly nowMs: () => number;
  /** What it has to do; another one from the moment on in which it goes on into what comes next. */
  order: ObserveOrder;
  /** When it did so, server time. */
  begunAtMs: number | null;
  fold: Fold;
  verdict: Observation['verdict'];
  /** Increases whenever the router or its servers changed: an interval that spans a change does not count. */
  changes: number;
  places: Readonly<Record<string, string>>;
  /** The pool that is called stable, by the same look. */
  stablePool?: PoolName;
}

/** The heartbeat: the next attempt goes on from it, and `gray status` and the workflow read it. */
export type Beat = Pick<Seen, 'fold' | 'verdict' | 'begunAtMs'> & Pick<ObserveOrder, 'stage'>;

export type Ending = Pick<Observation, 'ended' | 'down' | 'note'>;

export const beatOf = ({ fold, verdict, begunAtMs, order: { stage } }: Seen): Beat => ({
  ...{ fold, verdict, begunAtMs, stage },
});

export const verdictNow = (judge: Judge, fold: Fold, { rules, shareBp }: ObserveOrder): Observation['verdict'] =>
  judge.decide(fold, { nowMs: Date.now(), rules, shareBp });
