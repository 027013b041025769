/** Who may write: the decision every router takes inside its write, in one step with it. */
import { GrayError, staleFence } from './errors.ts';
import { type DesiredRoute, sameRoute } from './route.ts';
import type { ServerSpec } from './server.ts';

/**
 * `repeat`: `desired` is in force already. `write`: it is newer. Throws `staleFence` for an older fence, and for the
 * same fence with another content: two writers cannot both own a number.
 */
export function fenceDecision(held: DesiredRoute, desired: DesiredRoute, where: string): 'repeat' | 'write' {
  if (desired.fence > held.fence) return 'write';
  if (desired.fence === held.fence && sameRoute(held, desired)) return 'repeat';
  throw staleFence(desired.fence, held.fence, where);
}

/** What a router holds before the first release: everybody on pool a, spares out. */
export const routeAtRest = (servers: readonly Pick<ServerSpec, 'id' | 'spare'>[]): DesiredRoute => ({
  fence: 0,
  release: '',
  period: 'normal',
  stable: 'a',
  split: { shareBp: 0, salt: '', alwaysGray: [], alwaysStable: [], rest: 'stable' },
  servers: Object.fromEntries(servers.map(({ id, spare }) => [id, spare ? 'out' : 'a'])),
});

/** A write names every server of the router, and no other: throws `routerRefused`. */
export function refuseOtherServers(held: DesiredRoute, desired: DesiredRoute): void {
  const unknown = Object.keys(desired.servers).filter((id) => held.servers[id] === undefined);
  const missing = Object.keys(held.servers).filter((id) => desired.servers[id] === undefined);
  if (unknown.length + missing.length === 0) return;
  const facts = { details: { unknown, missing } };
  throw new GrayError('routerRefused', `not the router's servers: unknown [${unknown}], missing [${missing}]`, facts);
}
