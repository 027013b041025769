/** The assignment of a request to an arm: the same rule on every router. */
import type { DesiredRoute, Segment, Split } from './route.ts';
import type { Arm, PoolName } from './server.ts';
import { otherPool } from './server.ts';
import { bucketsBy, type UserHash } from './user-hash.ts';

export const allUsersBp = 10_000;

/** 0 … 9 999, fixed for a user, a salt and the hash of the router. */
export const bucketOf = (salt: string, user: string, hash: UserHash = 'xxh32'): number =>
  bucketsBy[hash](`${salt}:${user}`);

/** Headers of a request, names in lower case; one that came several times is in no segment. */
export type Attributes = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Which arm answers `user` (null: a request without identity), and by which rule: the first that fits, in this order on
 * every router. Sticky, and monotone in the share and in the segments.
 */
export function assignment(
  route: SplitRoute,
  user: string | null,
  attributes: Attributes = {},
  hash: UserHash = 'xxh32',
): Assignment {
  const { split } = route;
  if (user !== null && split.alwaysStable.includes(user)) return { arm: split.rest, by: 'alwaysStable' };
  if (user !== null && split.alwaysGray.includes(user)) return { arm: 'gray', by: 'alwaysGray' };
  const segment = segmentOf(split, attributes);
  if (segment !== undefined) return { arm: 'gray', by: 'segment', segment: segment.name };
  if (user === null) return { arm: split.rest, by: 'anonymous' };
  const bucket = bucketOf(split.salt, user, hash);
  return { arm: bucket < effectiveShareBp(route) ? 'gray' : 'stable', by: 'share', bucket };
}

export type Assignment = { readonly arm: Arm } & (
  | { readonly by: 'alwaysStable' | 'alwaysGray' | 'anonymous' }
  | { readonly by: 'segment'; readonly segment: string }
  | { readonly by: 'share'; readonly bucket: number }
);

type SplitRoute = Pick<DesiredRoute, 'period' | 'split'>;

export const assign = (
  route: SplitRoute,
  user: string | null,
  attributes: Attributes = {},
  hash: UserHash = 'xxh32',
): Arm => assignment(route, user, attributes, hash).arm;

/** The first segment that the headers match. */
const segmentOf = ({ segments = [] }: Split, attributes: Attributes): Segment | undefined =>
  segments.find(({ header, values }) => values.some((value) => attributes[header] === value));

/** In period normal a share has no effect: until the period switch only test users reach gray. */
export const effectiveShareBp = (route: Pick<DesiredRoute, 'period' | 'split'>): number =>
  route.period === 'normal' ? 0 : route.split.shareBp;

export const poolOf = (route: Pick<DesiredRoute, 'stable'>, arm: Arm): PoolName =>
  arm === 'stable' ? route.stable : otherPool(route.stable);

/** A request that proves a route, and the arm that has to answer it. */
export interface ProbeUser {
  readonly who:
    | 'below'
    | 'above'
    | 'alwaysGray'
    | 'alwaysStable'
    | 'formerlyListed'
    | 'anonymous'
    | 'segment'
    | 'formerSegment';
  readonly user: string | null;
  /** Headers that put the request into a segment. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly expect: Arm;
}

/** Who must no longer, or not yet, reach gray by a list or a segment. */
export interface Former {
  readonly users?: readonly string[];
  readonly segments?: readonly Segment[];
}

/** The requests whose answers prove `route`: those that can exist at its share. */
export function probeUsers(route: DesiredRoute, former: Former = {}, hash: UserHash = 'xxh32'): ProbeUser[] {
  const shareBp = effectiveShareBp(route);
  const draw: Draw = { salt: route.split.salt, hash };
  const probe = (who: ProbeUser['who'], user: string | null): ProbeUser => ({
    ...{ who, user },
    expect: assign(route, user, {}, hash),
  });
  const probes = [probe('anonymous', null)];
  if (shareBp > 0) probes.push(probe('below', userInBuckets(draw, Math.max(0, shareBp - window), shareBp)));
  if (shareBp < allUsersBp) {
    probes.push(probe('above', userInBuckets(draw, shareBp, Math.min(allUsersBp, shareBp + window))));
  }
  for (const user of route.split.alwaysGray.slice(0, 1)) probes.push(probe('alwaysGray', user));
  for (const user of route.split.alwaysStable.slice(0, 1)) probes.push(probe('alwaysStable', user));
  for (const user of former.users?.slice(0, 1) ?? []) probes.push(probe('formerlyListed', user));
  return [
    ...probes,
    ...segmentProbes(route, hash, 'segment', route.split.segments),
    ...segmentProbes(route, hash, 'formerSegment', former.segments),
  ];
}

interface Draw {
  readonly salt: string;
  readonly hash: UserHash;
}

/** Asked as a user whom the share alone leaves on stable, where there is one. */
function segmentProbes(
  route: DesiredRoute,
  hash: UserHash,
  who: ProbeUser['who'],
  segments: readonly Segment[] = [],
): ProbeUser[] {
  const shareBp = effectiveShareBp(route);
  const user = shareBp < allUsersBp ? userInBuckets({ salt: route.split.salt, hash }, shareBp, allUsersBp) : null;
  return segments.slice(0, 1).flatMap(({ header, values }) =>
    values.slice(0, 1).map((value) => {
      const attributes = { [header]: value };
      return { who, user, attributes, expect: assign(route, user, attributes, hash) };
    }),
  );
}

/** How close to the threshold, in basis points, a probe user is looked for. */
const window = 20;

/** The first invented user id whose bucket lies in [from, to). */
function userInBuckets({ salt, hash }: Draw, from: number, to: number): string {
  for (let n = 0; ; n += 1) {
    const user = `gray-probe-${n}`;
    const bucket = bucketOf(salt, user, hash);
    if (bucket >= from && bucket < to) return user;
  }
}

/** Part of all requests that is meant for gray, basis points, while `restBp` of them stay on stable whatever the share. */
export const meantForGrayBp = (shareBp: number, restBp: number): number =>
  Math.round((shareBp * (allUsersBp - restBp)) / allUsersBp);
