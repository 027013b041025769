/** Users leave gray: at once and all of them before leveling, down to what base can carry after it. */
import { floorShareBp } from './capacity.ts';
import { capacityOf } from './desired.ts';
import type { ReleaseSpec } from './spec.ts';
import type { ReleaseState } from './state.ts';

export type Leaving = Pick<ReleaseState, 'period' | 'shareBp' | 'rest' | 'listsApply' | 'testing'>;

/** The traffic of the exception period, now. The share never rises, and lists are empty. */
export function whenUsersLeave(state: ReleaseState, spec: ReleaseSpec): Leaving {
  const shareBp = state.leveled ? floorShareBp(capacityOf(state, spec), spec.capacity.maxLoad, state.shareBp) : 0;
  // With somebody still on gray, base is at its limit: who has no identity stays where the new servers are.
  const rest = shareBp === 0 ? 'stable' : state.rest;
  return { period: 'exception', shareBp, rest, listsApply: false, testing: false };
}
