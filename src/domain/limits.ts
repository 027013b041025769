/** What a release file says of floors and zones, as limits of the next batch; nothing where it says nothing. */
import type { BatchLimits, LevelingLimits } from './leveling.ts';
import { zoneOf } from './leveling.ts';
import type { ReleaseSpec } from './spec.ts';

/** `serving`: servers in a pool that answer, both pools together. */
export function floorLimit({ capacity }: ReleaseSpec, serving: number): Pick<BatchLimits, 'mayLeave'> {
  const { minServing } = capacity;
  return minServing === undefined ? {} : { mayLeave: Math.max(0, serving - minServing) };
}

/** Zones in the order of the inventory. */
export const zoneLimit = ({ leveling, servers }: ReleaseSpec): Pick<LevelingLimits, 'zones'> =>
  leveling.byZone === true ? { zones: [...new Set(servers.map(zoneOf))] } : {};
