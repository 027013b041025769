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
  readonly zone?: string;
}

export interface BatchLimits {
  readonly maxLoad: number;
  /** Part of the requests that `rest` decides, basis points. */
  readonly restBp: number;
  /** Part of the users that segments send to gray, basis points; absent: none. */
  readonly segmentsBp?: number;
  /** Serving servers that may leave at once; absent: as many as the load allows. */
  readonly mayLeave?: number;
}

export interface LevelingLimits extends BatchLimits {
  /** A batch takes servers of one zone, and the next zone begins when the one before is done; absent: zones do not matter. */
  readonly zones?: readonly string[];
}

export interface RollbackLimits extends BatchLimits {
  /** One serving server leaves even where that is too much: a way back always ends. */
  readonly atLeastOne: boolean;
  /** Servers per batch; absent: as many as may leave. */
  readonly size?: number;
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
 * The next batch, in the order given: servers that serve nobody first, as many as `size`, the load and the floor allow.
 * Null when not even one server can leave without a pool above `maxLoad` or too few servers that serve.
 */
export function nextLevelingBatch(
  left: readonly Candidate[],
  size: number,
  capacity: Capacity,
  split: Shares,
  limits: LevelingLimits,
): LevelingBatch | null {
  const turn = inTurn(left, limits);
  const idle = turn.filter((server) => !server.serving);
  const serving = turn.filter((server) => server.serving).slice(0, limits.mayLeave);
  const queue = [...idle, ...serving];
  for (let count = Math.min(size, queue.length); count > 0; count -= 1) {
    const batch = levelingBatch(queue.slice(0, count), capacity, split, limits);
    if (worstLoad(batch.loads) <= limits.maxLoad + rounding) return batch;
  }
  return null;
}

function inTurn(left: readonly Candidate[], { zones = [] }: LevelingLimits): readonly Candidate[] {
  const inZone = (zone: string) => left.filter((server) => zoneOf(server) === zone);
  return zones.map(inZone).find((servers) => servers.length > 0) ?? left;
}

/** Servers that name none are in one of their own together. */
export const zoneOf = ({ zone = '' }: Pick<Candidate, 'zone'>): string => zone;

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
  { restBp, segmentsBp }: BatchLimits,
): LevelingBatch {
  const weight = servingWeight(servers);
  const shareBp =
    weight === 0 ? present : shareBeforeBatchBp(capacity, weight, { shareBp: present, rest }, restBp, segmentsBp);
  return {
    servers: servers.map(({ id }) => id),
    shareBp,
    rest,
    loads: poolLoads(during, { shareBp, rest }, restBp, segmentsBp),
  };
}

/**
 * The next servers to return to base. With nobody on gray all of them; otherwise those that serve nobody, and as many
 * serving ones as the load of the gray pool and the floor allow; with `atLeastOne` one even where that is too much.
 * Zones do not hold up a way back.
 */
export function nextRollbackBatch(
  left: readonly Candidate[],
  capacity: Capacity,
  split: Shares,
  limits: RollbackLimits,
): readonly string[] {
  const { size = left.length, mayLeave = left.length } = limits;
  const demand = grayDemand(split, limits.restBp, limits.segmentsBp);
  // Gray servers that no user is on are not missed: there is no floor for them.
  if (demand === 0) return left.slice(0, size).map((server) => server.id);
  const idle = left.filter((server) => !server.serving);
  const serving = left.filter((server) => server.serving);
  let spareWeight = capacity.gray - (demand * capacity.all) / limits.maxLoad;
  const going: Candidate[] = [];
  for (const server of serving) {
    if (going.length === mayLeave) break;
    if (server.weight > spareWeight + rounding) continue;
    spareWeight -= server.weight;
    going.push(server);
  }
  const first = serving[0];
  if (limits.atLeastOne && idle.length + going.length === 0 && first !== undefined) going.push(first);
  return [...idle, ...going].slice(0, size).map((server) => server.id);
}

const servingWeight = (servers: readonly Candidate[]): number =>
  totalWeight(servers.filter((server) => server.serving));
