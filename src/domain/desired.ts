/** From the state of a release to what the router shall do, and what its servers can carry. */
import type { Capacity } from './capacity.ts';
import type { BatchLimits, Candidate } from './leveling.ts';
import { floorLimit } from './limits.ts';
import type { DesiredRoute } from './route.ts';
import { segmentsBpNow, splitSegments } from './segments.ts';
import type { Arm, Place, ServerSpec } from './server.ts';
import { otherPool, totalWeight } from './server.ts';
import type { ReleaseSpec } from './spec.ts';
import { poolOf } from './split.ts';
import type { ReleaseState } from './state.ts';

/** The whole route that `state` asks for, under the state's fence. */
export function desiredRoute(state: ReleaseState, spec: ReleaseSpec, release: string): DesiredRoute {
  return {
    fence: state.fence,
    release,
    period: state.period,
    stable: state.stablePool,
    split: {
      shareBp: state.shareBp,
      salt: state.salt ?? spec.audience.salt ?? defaultSalt(release),
      alwaysGray: listedGray(state, spec),
      alwaysStable: state.listsApply || stillOnBase(state) ? spec.audience.alwaysStable : [],
      rest: state.rest,
      ...splitSegments(state, spec),
    },
    servers: Object.fromEntries(Object.entries(state.servers).map(([id, server]) => [id, server.place])),
  };
}

/** A release without a salt of its own draws new users; the characters are those every router takes. */
const defaultSalt = (release: string): string => release.replace(/[^A-Za-z0-9._-]/g, '-');

function listedGray(state: ReleaseState, spec: ReleaseSpec): readonly string[] {
  if (state.testing) return spec.audience.testUsers;
  return state.listsApply ? spec.audience.alwaysGray : [];
}

/** Users leave gray step by step, and who was always on base must not be hashed into gray meanwhile. */
const stillOnBase = ({ period, shareBp, rest }: ReleaseState): boolean =>
  period === 'exception' && shareBp > 0 && rest === 'stable';

/** Everyone who may ever have been listed: a confirmation that users left gray asks one of them. */
export const formerlyListed = (spec: ReleaseSpec): string[] => [
  ...spec.audience.alwaysGray,
  ...spec.audience.testUsers,
];

/** The version every server of an arm runs; null for an empty or mixed pool. */
export function expectedVersions(state: ReleaseState): Record<Arm, string | null> {
  return { gray: versionIn(state, 'gray'), stable: versionIn(state, 'stable') };
}

function versionIn(state: ReleaseState, arm: Arm): string | null {
  const pool = poolOf({ stable: state.stablePool }, arm);
  const versions = new Set(
    Object.values(state.servers).flatMap((s) => (s.place === pool ? [s.running?.version ?? null] : [])),
  );
  const [only] = versions;
  return versions.size === 1 && only !== undefined ? only : null;
}

/** Serving weights per pool, and the normal capacity. */
export function capacityOf(state: ReleaseState, spec: ReleaseSpec): Capacity {
  const serving = (arm: Arm): ServerSpec[] =>
    serversIn(state, spec, arm).filter((server) => state.servers[server.id]?.up === true);
  return {
    gray: totalWeight(serving('gray')),
    stable: totalWeight(serving('stable')),
    all: totalWeight(spec.servers.filter((server) => !server.spare)),
  };
}

/** What bounds the next batch, whichever way it goes. */
export const batchLimits = (state: ReleaseState, spec: ReleaseSpec): BatchLimits => ({
  ...{ maxLoad: spec.capacity.maxLoad, restBp: spec.audience.restBp, segmentsBp: segmentsBpNow(state, spec) },
  ...floorLimit(spec, servingCount(state)),
});

/** Servers in a pool that answer. */
const servingCount = ({ servers }: ReleaseState): number =>
  Object.values(servers).filter(({ place, up }) => place !== 'out' && up).length;

/** The servers in an arm's pool, as the state has them. */
export function serversIn(state: ReleaseState, spec: ReleaseSpec, arm: Arm): ServerSpec[] {
  const pool = poolOf({ stable: state.stablePool }, arm);
  return spec.servers.filter((server) => state.servers[server.id]?.place === pool);
}

/** Servers that do not run the new version yet, excluded ones left out. */
export const leftToLevel = (state: ReleaseState, spec: ReleaseSpec): Candidate[] => left(state, spec, 'new');

/** Servers that do not run their base version, excluded ones left out. */
export const leftToRollBack = (state: ReleaseState, spec: ReleaseSpec): Candidate[] => left(state, spec, 'base');

function left(state: ReleaseState, spec: ReleaseSpec, goal: 'new' | 'base'): Candidate[] {
  return spec.servers.flatMap(({ id, weight, zone }) => {
    const server = state.servers[id];
    if (server === undefined || server.excluded !== null || server.build === goal) return [];
    return [{ id, weight, serving: server.place !== 'out' && server.up, ...(zone !== undefined && { zone }) }];
  });
}

/** Where a server belongs once it runs the new version. A spare that is not gray serves nobody. */
export const grayPlace = (state: ReleaseState, server: ServerSpec): Place =>
  server.spare && !server.gray ? 'out' : otherPool(state.stablePool);

/** Where a server belongs outside a release. */
export const normalPlace = (state: ReleaseState, server: ServerSpec): Place =>
  server.spare ? 'out' : state.stablePool;
