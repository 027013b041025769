/** Who asks next, and on which kind of connection. Seeded, so that two runs send the same requests. */
import type { LoadOptions } from './options.ts';
import { userName } from './options.ts';

export interface Visit {
  /** Null: a request without identity. */
  readonly user: string | null;
  readonly fresh: boolean;
}

type TrafficMix = Pick<LoadOptions, 'users' | 'anonymousPart' | 'freshPart' | 'seed'>;

export function visits(mix: TrafficMix): () => Visit {
  const random = mulberry32(mix.seed);
  return () => {
    const anonymous = random() < mix.anonymousPart;
    const user = userName(Math.floor(random() * mix.users));
    return { user: anonymous ? null : user, fresh: random() < mix.freshPart };
  };
}

/** A small generator of numbers in [0, 1); Tommy Ettinger's mulberry32. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
