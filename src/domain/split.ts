/** The assignment of a request to an arm: the same rule on every router. */
import type { DesiredRoute } from './route.ts';
import type { Arm, PoolName } from './server.ts';
import { otherPool } from './server.ts';
import { xxh32 } from './xxh32.ts';

export const allUsersBp = 10_000;

/** 0 … 9 999, fixed for a user and a salt. */
export const bucketOf = (salt: string, user: string): number => xxh32(`${salt}:${user}`) % allUsersBp;

/** Which arm answers `user` (null: a request without identity). Sticky, and monotone in the share. */
export function assign(route: Pick<DesiredRoute, 'period' | 'split'>, user: string | null): Arm {
  const { split } = route;
  if (user === null || split.alwaysStable.includes(user)) return split.rest;
  if (split.alwaysGray.includes(user)) return 'gray';
  return bucketOf(split.salt, user) < effectiveShareBp(route) ? 'gray' : 'stable';
}

/** In period normal a share has no effect: until the period switch only test users reach gray. */
export const effectiveShareBp = (route: Pick<DesiredRoute, 'period' | 'split'>): number =>
  route.period === 'normal' ? 0 : route.split.shareBp;

export const poolOf = (route: Pick<DesiredRoute, 'stable'>, arm: Arm): PoolName =>
  arm === 'stable' ? route.stable : otherPool(route.stable);

/** A request that proves a route, and the arm that has to answer it. */
export interface ProbeUser {
  readonly who: 'below' | 'above' | 'alwaysGray' | 'alwaysStable' | 'formerlyListed' | 'anonymous';
  readonly user: string | null;
  readonly expect: Arm;
}

/** The users whose answers prove `route`: those that can exist at its share. `formerly`: users that were listed before. */
export function probeUsers(route: DesiredRoute, formerly: readonly string[] = []): ProbeUser[] {
  const shareBp = effectiveShareBp(route);
  const probe = (who: ProbeUser['who'], user: string | null): ProbeUser => ({ who, user, expect: assign(route, user) });
  const probes = [probe('anonymous', null)];
  if (shareBp > 0) probes.push(probe('below', userInBuckets(route.split.salt, Math.max(0, shareBp - window), shareBp)));
  if (shareBp < allUsersBp) {
    probes.push(probe('above', userInBuckets(route.split.salt, shareBp, Math.min(allUsersBp, shareBp + window))));
  }
  for (const user of route.split.alwaysGray.slice(0, 1)) probes.push(probe('alwaysGray', user));
  for (const user of route.split.alwaysStable.slice(0, 1)) probes.push(probe('alwaysStable', user));
  for (const user of formerly.slice(0, 1)) probes.push(probe('formerlyListed', user));
  return probes;
}

/** How close to the threshold, in basis points, a probe user is looked for. */
const window = 20;

/** The first invented user id whose bucket lies in [from, to). */
function userInBuckets(salt: string, from: number, to: number): string {
  for (let n = 0; ; n += 1) {
    const user = `gray-probe-${n}`;
    const bucket = bucketOf(salt, user);
    if (bucket >= from && bucket < to) return user;
  }
}

/** Part of all requests that is meant for gray, basis points, while `restBp` of them stay on stable whatever the share. */
export const meantForGrayBp = (shareBp: number, restBp: number): number =>
  Math.round((shareBp * (allUsersBp - restBp)) / allUsersBp);
