/**
 * The desired state of a router for one target, and what a router says of itself.
 * Every write carries the whole desired state; nothing is ever incremented.
 */
import type { Period } from './phases.ts';
import type { Place, PoolName } from './server.ts';

/** Which users reach the gray pool. */
export interface Split {
  /** Share of the users with an identity, in basis points: 0 is nobody, 10 000 everybody. Ignored in period normal. */
  readonly shareBp: number;
  /** Fixed for the release, so that who is in stays in while the share grows. */
  readonly salt: string;
  readonly alwaysGray: readonly string[];
  readonly alwaysStable: readonly string[];
  /** Where requests without identity and always-stable users go. */
  readonly rest: 'stable' | 'gray';
  /** Requests of these reach gray beside the share; absent: none. */
  readonly segments?: readonly Segment[];
}

/** Requests that carry one of `values` in a header which the login layer sets: a branch, the staff, a region. */
export interface Segment {
  readonly name: string;
  /** In lower case. */
  readonly header: string;
  /** Whole values of the header. */
  readonly values: readonly string[];
}

/** Who may write next: a router refuses every write whose fence is below the one it holds. */
export interface DesiredRoute {
  readonly fence: number;
  /** The release (workflow ID and run) that wrote this, or `operator`. */
  readonly release: string;
  readonly period: Period;
  readonly stable: PoolName;
  readonly split: Split;
  /** Every server of the target, by id. */
  readonly servers: Readonly<Record<string, Place>>;
}

/** What a router holds and sees at one moment. */
export interface RouteState {
  readonly route: DesiredRoute;
  /** Changes when the router process was reloaded or restarted: process id, start time, generation. */
  readonly instance: string;
  readonly servers: Readonly<Record<string, ServerTraffic>>;
}

export interface ServerTraffic {
  /** The router itself considers the server able to answer. */
  readonly up: boolean;
  /** Requests, streams and websockets open right now. */
  readonly openSessions: number;
}

/** The route without its fence and owner: two of these are equal when traffic is. */
export const sameTraffic = (one: DesiredRoute, other: DesiredRoute): boolean =>
  canonical({ ...one, fence: 0, release: '' }) === canonical({ ...other, fence: 0, release: '' });

/** Equal in every field, fence included: a repeat of a write already done. */
export const sameRoute = (one: DesiredRoute, other: DesiredRoute): boolean => canonical(one) === canonical(other);

/** What the segments come to: one `header: value` each. Nothing where there are none, as in routes from before segments. */
const matches = ({ segments = [] }: Split): string[][] =>
  segments.length === 0 ? [] : [[...new Set(segments.flatMap(headerValues))].sort()];

/** `header: value` for each value of a segment. */
export const headerValues = ({ header, values }: Segment): string[] => values.map((value) => `${header}: ${value}`);

/** One text per route, whatever order its keys and lists came in. */
export function canonical(route: DesiredRoute): string {
  const { split, servers, ...rest } = route;
  const sorted = (list: readonly string[]) => [...new Set(list)].sort();
  return JSON.stringify([
    [rest.fence, rest.release, rest.period, rest.stable],
    [split.shareBp, split.salt, sorted(split.alwaysGray), sorted(split.alwaysStable), split.rest, ...matches(split)],
    Object.entries(servers).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
