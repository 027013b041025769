/** Which servers change next: forwards in leveling, backwards in a rollback. */
import type { Capacity, PoolLoads } from './capacity.ts';
import { grayDemand, poolLoads, shareBeforeBatchBp, worstLoad } from './capacity.ts';
import type { Split } from './route.ts';
import { totalWeight } from './server.ts';

/** A server that still has to change. `serving`: it is in its pool and able to answer. */
export interface Candidate {
  readonly id: string;
  readonly weight: number;
  readonly serving: boolean;
}

export interface BatchLimits {
  readonly maxLoad: number;
  /** Part of the requests that `rest` decides, basis points. */
  readonly restBp: number;
}

export interface LevelingBatch {
  readonly servers: readonly string[];
  /** Set and confirmed before the batch drains. */
  readonly shareBp: number;
  readonly rest: Split['rest'];
  /** While the batch is out of rotation. */
  readonly loads: PoolLoads;
}

type Shares = Pick<Split, 'shareBp' | 'rest'>;

/**
 * The next batch, in the order given: servers that serve nobody first, as many as `size` and the load allow.
 * Null when not even one server can leave without a pool above `maxLoad`.
 */
export function nextLevelingBatch(
  left: readonly Candidate[],
  size: number,
  capacity: Capacity,
  split: Shares,
  limits: BatchLimits,
): LevelingBatch | null {
  const idle = left.filter((server) => !server.serving);
  const queue = [...idle, ...left.filter((server) => server.serving)];
  for (let count = Math.min(size, queue.length); count > 0; count -= 1) {
    const batch = levelingBatch(queue.slice(0, count), capacity, split, limits);
    if (worstLoad(batch.loads) <= limits.maxLoad + rounding) return batch;
  }
  return null;
}

/** Shares are whole basis points, so a load may exceed its limit by this much. */
export const rounding = 0.001;

/** `rest` stays stable as long as the remaining stable servers can carry it; it turns gray at the latest when none remains. */
function levelingBatch(
  servers: readonly Candidate[],
  capacity: Capacity,
  split: Shares,
  limits: BatchLimits,
): LevelingBatch {
  const during = { ...capacity, stable: capacity.stable - servingWeight(servers) };
  const staying = batchWith(split.rest, servers, capacity, during, split, limits);
  const carried = during.stable > 0 && staying.loads.stable <= limits.maxLoad + rounding;
  return carried ? staying : batchWith('gray', servers, capacity, during, split, limits);
}

function batchWith(
  rest: Split['rest'],
  servers: readonly Candidate[],
  capacity: Capacity,
  during: Capacity,
  { shareBp: present }: Shares,
  { restBp }: BatchLimits,
): LevelingBatch {
  const weight = servingWeight(servers);
  const shareBp = weight === 0 ? present : shareBeforeBatchBp(capacity, weight, { shareBp: present, rest }, restBp);
  return { servers: servers.map(({ id }) => id), shareBp, rest, loads: poolLoads(during, { shareBp, rest }, restBp) };
}

/**
 * The next servers to return to base. With nobody on gray all of them; otherwise those that serve nobody, and as many
 * serving ones as leave the gray pool at or below `maxLoad`; with `atLeastOne` one even where that is too much.
 */
export function nextRollbackBatch(
  left: readonly Candidate[],
  capacity: Capacity,
  split: Shares,
  limits: BatchLimits & { readonly atLeastOne: boolean },
): readonly string[] {
  const demand = grayDemand(split, limits.restBp);
  if (demand === 0) return left.map((server) => server.id);
  const idle = left.filter((server) => !server.serving);
  const serving = left.filter((server) => server.serving);
  let spareWeight = capacity.gray - (demand * capacity.all) / limits.maxLoad;
  const going: Candidate[] = [];
  for (const server of serving) {
    if (server.weight > spareWeight + rounding) continue;
    spareWeight -= server.weight;
    going.push(server);
  }
  const first = serving[0];
  if (limits.atLeastOne && idle.length + going.length === 0 && first !== undefined) going.push(first);
  return [...idle, ...going].map((server) => server.id);
}

const servingWeight = (servers: readonly Candidate[]): number =>
  totalWeight(servers.filter((server) => server.serving));
