/**
 * A route as rules of an HTTPRoute. Every rule but the last matches exactly one header: among equally specific matches the
 * Gateway API takes the first rule of the list, so their order is the precedence of `assign()`. All defaults are
 * written out, so that what the API server gives back is what was sent.
 */
import { GrayError } from '../../../domain/errors.ts';
import type { DesiredRoute } from '../../../domain/route.ts';
import type { Arm, PoolName } from '../../../domain/server.ts';
import { serversIn, servingFor } from '../../../domain/serving.ts';
import { effectiveShareBp, poolOf } from '../../../domain/split.ts';
import { bucketsBelow, escaped } from './buckets.ts';

export interface RulesOrder {
  /** Header with the user. */
  readonly identity: string;
  readonly bucketHeader: string;
  readonly services: Readonly<Record<PoolName, string>>;
  readonly port: number;
}

/** What the Gateway API allows. */
const longestValue = 4_096;
const mostMatches = 64;

export function rulesFor(route: DesiredRoute, order: RulesOrder): unknown[] {
  refuseOddSalt(route.split.salt);
  const { split } = route;
  const { identity, bucketHeader } = order;
  const below = bucketsBelow(split.salt, effectiveShareBp(route));
  const rule = (arm: Arm, header: string, patterns: readonly string[]) =>
    patterns.length === 0
      ? []
      : [
          ruleOf(
            route,
            order,
            arm,
            patterns.map((value) => matchOf(header, value)),
          ),
        ];
  return [
    ...rule(split.rest, identity, anyOf(split.alwaysStable)),
    ...rule('gray', identity, anyOf(split.alwaysGray)),
    ...(split.segments ?? []).flatMap(({ header, values }) => rule('gray', header, anyOf(values))),
    ...rule('gray', bucketHeader, below === null ? [] : [below]),
    // A known user with no bucket, or with one of another salt.
    ...rule('stable', identity, ['.+']),
    ruleOf(route, order, split.rest, [{ path: anyPath }]),
  ];
}

const anyPath = { type: 'PathPrefix', value: '/' };

const matchOf = (name: string, value: string) => ({
  path: anyPath,
  headers: [{ name, type: 'RegularExpression', value }],
});

function ruleOf(route: DesiredRoute, order: RulesOrder, arm: Arm, matches: readonly unknown[]) {
  const pool = servingPool(route, arm);
  const told = [
    { name: 'x-gray-arm', value: arm },
    { name: 'x-gray-pool', value: pool },
    { name: 'x-gray-fence', value: String(route.fence) },
  ];
  return {
    matches,
    filters: [
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: told } },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: told } },
    ],
    backendRefs: [{ group: '', kind: 'Service', name: order.services[pool], port: order.port, weight: 1 }],
  };
}

/** An HTTPRoute cannot look elsewhere when a pool is empty, so a pool without servers is replaced as it is written. */
const servingPool = (route: DesiredRoute, arm: Arm): PoolName => {
  const own = poolOf(route, arm);
  return serversIn(route, own).length > 0 ? own : (servingFor(route, arm, () => true).pool ?? own);
};

/** Patterns that together match each of `users` and nobody else. Throws `routerRefused` for more than fit. */
function anyOf(users: readonly string[]): string[] {
  const patterns: string[] = [];
  let names: string[] = [];
  let length = 0;
  const flush = () => {
    if (names.length > 0) patterns.push(`^(${names.join('|')})$`);
    names = [];
    length = 0;
  };
  for (const user of [...new Set(users)].sort()) {
    const name = escaped(user);
    if (name.length + 4 > longestValue) throw tooMany('a user id is too long for a header match');
    if (length + name.length + 5 > longestValue) flush();
    names.push(name);
    length += name.length + 1;
  }
  flush();
  if (patterns.length > mostMatches) throw tooMany(`${users.length} listed users do not fit into one rule`);
  return patterns;
}

function refuseOddSalt(salt: string): void {
  if (/^[A-Za-z0-9._-]{0,64}$/.test(salt)) return;
  throw new GrayError('routerRefused', 'a salt of letters, digits, ".", "_" and "-" fits into the bucket header');
}

const tooMany = (why: string) =>
  new GrayError('routerRefused', `${why}: an HTTPRoute takes ${mostMatches} patterns of ${longestValue} characters`);
