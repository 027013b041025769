/** The arithmetic of load: what each pool carries, and how far the share must or may move. Loads are multiples of 1.0, the normal load. */
import type { Split } from './route.ts';
import { allUsersBp } from './split.ts';

/** Capacities in server weights: serving gray, serving stable, and all servers of normal operation. */
export interface Capacity {
  readonly gray: number;
  readonly stable: number;
  readonly all: number;
}

export interface PoolLoads {
  readonly gray: number;
  readonly stable: number;
}

type Demand = Pick<Split, 'shareBp' | 'rest'>;

/** Part (0 … 1) of all requests that goes to gray; `restBp` is the part that `rest` decides, `segmentsBp` what segments hold. */
export function grayDemand(split: Demand, restBp: number, segmentsBp = 0): number {
  const rest = restBp / allUsersBp;
  const [share, segments] = [split.shareBp / allUsersBp, segmentsBp / allUsersBp];
  return (share + (1 - share) * segments) * (1 - rest) + (split.rest === 'gray' ? rest : 0);
}

/** Load of both pools; Infinity where users are sent to a pool without servers. */
export function poolLoads(capacity: Capacity, split: Demand, restBp: number, segmentsBp = 0): PoolLoads {
  const gray = grayDemand(split, restBp, segmentsBp);
  return { gray: loadOf(gray, capacity.gray, capacity.all), stable: loadOf(1 - gray, capacity.stable, capacity.all) };
}

export const worstLoad = (loads: PoolLoads): number => Math.max(loads.gray, loads.stable);

/** Demands below this are rounding, not users. */
const nobody = 1e-9;

function loadOf(demand: number, weight: number, all: number): number {
  if (demand < nobody) return 0;
  return weight === 0 ? Number.POSITIVE_INFINITY : (demand * all) / weight;
}

/** Share that the gray pool can carry at `maxLoad` beside its segments, at most `wantedBp`. */
export function fittingShareBp(capacity: Capacity, maxLoad: number, wantedBp: number, segmentsBp = 0): number {
  const carried = (maxLoad * capacity.gray * allUsersBp) / capacity.all;
  return Math.min(wantedBp, Math.floor(besideSegments(carried, segmentsBp)));
}

/** The share with which gray gets `totalBp` of the users, segments among them. */
const besideSegments = (totalBp: number, segmentsBp: number): number =>
  segmentsBp === 0
    ? totalBp
    : segmentsBp >= allUsersBp
      ? 0
      : Math.max(0, ((totalBp - segmentsBp) / (allUsersBp - segmentsBp)) * allUsersBp);

/**
 * The lowest share at which the servers back on base carry the others: max(0, 1 − maxLoad · S ÷ All).
 * It never rises above the present share; with no base server serving it stays where it is.
 */
export function floorShareBp(capacity: Capacity, maxLoad: number, shareBp: number): number {
  if (capacity.stable === 0) return shareBp;
  const floor = Math.ceil((1 - (maxLoad * capacity.stable) / capacity.all) * allUsersBp);
  return Math.min(shareBp, Math.max(0, floor));
}

/**
 * The share before a batch of weight `batch` leaves the stable pool: the one at which gray carries G ÷ (G + S − b) of all
 * requests, with what `rest` decides counted in. Never below the present share.
 */
export function shareBeforeBatchBp(
  capacity: Capacity,
  batch: number,
  split: Demand,
  restBp: number,
  segmentsBp = 0,
): number {
  const left = capacity.stable - batch;
  if (left <= 0) return allUsersBp;
  const rest = restBp / allUsersBp;
  const balanced = capacity.gray / (capacity.gray + left) - (split.rest === 'gray' ? rest : 0);
  const totalBp = rest < 1 ? (balanced / (1 - rest)) * allUsersBp : allUsersBp;
  const shareBp = Math.ceil(besideSegments(totalBp, segmentsBp));
  return Math.max(split.shareBp, Math.min(allUsersBp, shareBp));
}
