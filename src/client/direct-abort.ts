/** Abort without the engine: Temporal is unreachable, or the run was terminated. Users leave gray by one write at the router. */
import type { Confirmation, Router } from '../adapters/router/port.ts';
import { type Capacity, floorShareBp } from '../domain/capacity.ts';
import { formerlyListed } from '../domain/desired.ts';
import { GrayError } from '../domain/errors.ts';
import { readReachable } from '../domain/partly.ts';
import type { DesiredRoute, RouteState } from '../domain/route.ts';
import { otherPool, type PoolName, totalWeight } from '../domain/server.ts';
import type { ReleaseSpec } from '../domain/spec.ts';

export interface DirectAbortOptions {
  /** Share 0 also where leveling has left too few base servers to carry everybody. */
  readonly toZero?: boolean;
}

export interface DirectAbort {
  readonly target: string;
  readonly before: DesiredRoute;
  readonly after: DesiredRoute;
  readonly confirmation: Confirmation;
  /** Users who stay on gray because base cannot carry them, basis points. */
  readonly floorBp: number;
}

/**
 * Reads the router and writes, under a higher fence and in the name of `operator`: period exception, share 0, empty
 * lists, rest stable; every server stays in its pool. From the first leveled batch on the share falls only to what
 * base can carry. An engine that wakes up later is refused by the fence. Repeats are harmless. Servers keep their
 * version: `gray rollback` brings them back when the engine is there again. Throws `routerUnreachable`, `routerRefused`.
 */
export async function directAbort(
  spec: ReleaseSpec,
  router: Router,
  options: DirectAbortOptions = {},
): Promise<DirectAbort> {
  const { before, after } = await write(spec, router, options);
  const formerly = [...before.split.alwaysGray, ...formerlyListed(spec)];
  const formerSegments = before.split.segments ?? spec.audience.segments ?? [];
  const expected = { gray: null, stable: null };
  const confirmation = await router.confirm({
    ...{ desired: after, version: spec.version, expected },
    ...{ formerly, formerSegments },
  });
  return { target: spec.target, before, after, confirmation, floorBp: after.split.shareBp };
}

/** Two writers may meet; each new try takes a fence above all that was seen. */
const tries = 5;

async function write(spec: ReleaseSpec, router: Router, options: DirectAbortOptions) {
  for (let attempt = 1; ; attempt += 1) {
    // One of several routers may be dead: the others are done all the same, and the write then names it.
    const state = await readReachable(router);
    const after = withoutGray(spec, state, options);
    try {
      await router.apply(after);
      return { before: state.route, after };
    } catch (error) {
      const overtaken = error instanceof GrayError && error.code === 'staleFence';
      if (!overtaken || attempt === tries) throw error;
    }
  }
}

/** The route after an abort. */
export function withoutGray(
  spec: ReleaseSpec,
  state: RouteState,
  { toZero = false }: DirectAbortOptions,
): DesiredRoute {
  const { route } = state;
  const { segments: _left, ...split } = route.split;
  const floorBp = toZero || !isLeveled(spec, route) ? 0 : floorOf(spec, state);
  return {
    ...route,
    fence: route.fence + 1,
    release: 'operator',
    period: 'exception',
    split: {
      ...split,
      shareBp: floorBp,
      alwaysGray: [],
      alwaysStable: [],
      rest: floorBp > 0 ? split.rest : 'stable',
    },
  };
}

/** Leveling has begun: a server that is not gray left the stable pool. */
const isLeveled = (spec: ReleaseSpec, route: DesiredRoute): boolean =>
  spec.servers.some(({ id, gray, spare }) => !gray && !spare && route.servers[id] !== route.stable);

function floorOf(spec: ReleaseSpec, { route, servers }: RouteState): number {
  const serving = (pool: PoolName) =>
    totalWeight(spec.servers.filter(({ id }) => route.servers[id] === pool && servers[id]?.up === true));
  const capacity: Capacity = {
    stable: serving(route.stable),
    gray: serving(otherPool(route.stable)),
    all: totalWeight(spec.servers.filter((server) => !server.spare)),
  };
  return floorShareBp(capacity, spec.capacity.maxLoad, route.split.shareBp);
}
