/** What every answer should have been: which routes could be in force while its request was under way. */
import type { DesiredRoute } from '../../src/domain/route.ts';
import { assign, poolOf } from '../../src/domain/split.ts';
import type { UserHash } from '../../src/domain/user-hash.ts';
import { type Asked, userName } from './load/order.ts';

/** A route, from the moment its write began until it was confirmed. */
export interface Change {
  readonly route: DesiredRoute;
  readonly beganMs: number;
  /** Infinity while it is not. */
  readonly confirmedMs: number;
}

export interface Judged {
  /** Answers that were compared. */
  readonly compared: number;
  /** Asked after a route was confirmed and answered before the next began, by a server that was not its user's. */
  readonly mismatches: readonly string[];
  /** Asked or answered within a change, by a server that neither the old nor the new route gives. */
  readonly torn: readonly string[];
}

/** Requests sent before the first change was confirmed are left out. `changes` in the order of their writes. */
export function judge(changes: readonly Change[], asked: readonly Asked[], hash: UserHash = 'xxh32'): Judged {
  const mismatches: string[] = [];
  const torn: string[] = [];
  let compared = 0;
  for (const one of asked) {
    const routes = possibleAt(changes, one);
    if (one.server === null || routes === null) continue;
    compared += 1;
    if (routes.some((route) => serves(route, one, hash))) continue;
    const found = `${nameOf(one) ?? 'nobody'} at ${one.server}, fence ${routes.map(({ fence }) => fence).join(' or ')}`;
    if (routes.length === 1) mismatches.push(found);
    else torn.push(found);
  }
  return { compared, mismatches, torn };
}

function possibleAt(changes: readonly Change[], { sentMs, doneMs }: Asked): DesiredRoute[] | null {
  const last = changes.findLastIndex(({ confirmedMs }) => confirmedMs <= sentMs);
  if (last === -1) return null;
  return changes.flatMap(({ route, beganMs }, at) => (at === last || (at > last && beganMs <= doneMs) ? [route] : []));
}

const serves = (route: DesiredRoute, one: Asked, hash: UserHash): boolean =>
  one.server !== null && route.servers[one.server] === poolOf(route, assign(route, nameOf(one), {}, hash));

const nameOf = ({ user }: Asked): string | null => (user === -1 ? null : userName(user));
