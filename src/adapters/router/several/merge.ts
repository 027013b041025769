/** Several routers seen as one: where they differ, the worst of them is shown. */
import {
  canonical,
  type DesiredRoute,
  type RouteState,
  type ServerTraffic,
  type Split,
} from '../../../domain/route.ts';
import type { Confirmation, ConfirmRequest, RouterAbilities } from '../port.ts';
import { type Answer, sentence } from './outcomes.ts';

type State = Answer<RouteState>;

const separator = ',';
const differing = ' (differs)';

export const atOneFence = (states: readonly State[]): boolean =>
  new Set(states.map(({ value }) => value.route.fence)).size < 2;

/**
 * The newest fence, since who writes next must go beyond it; the highest share; a server is up where every part says
 * so; sessions summed. The instance also changes while parts differ, so that whoever watches it looks closer.
 */
export function mergedState(states: readonly State[]): RouteState {
  const newest = newestOf(states.map(({ value }) => value.route));
  const differs = ({ route }: RouteState) => (canonical(route) === canonical(newest) ? '' : differing);
  return {
    route: worstRoute(states.map(({ value }) => value.route)),
    instance: states.map(({ value }) => `${value.instance}${differs(value)}`).join(separator),
    servers: Object.fromEntries(Object.keys(newest.servers).map((id) => [id, trafficOf(states, id)])),
  };
}

/**
 * The request to one part, with its own instance out of the merged one. Where a part is several itself, they cannot be
 * told apart; then each reads its own first.
 */
export function requestOfPart(
  { since, ...shared }: ConfirmRequest,
  { at, of }: { readonly at: number; readonly of: number },
): ConfirmRequest {
  const instances = since?.replaceAll(differing, '').split(separator) ?? [];
  const own = instances.length === of ? instances[at] : undefined;
  return own === undefined ? shared : { ...shared, since: own };
}

/** As far from rest as the farthest of `routes`: the highest share in effect, every listed user, rest on gray. */
export function worstRoute(routes: readonly DesiredRoute[]): DesiredRoute {
  const newest = newestOf(routes);
  const inEffect = routes.filter(({ period }) => period !== 'normal');
  const { period } = inEffect.length === 0 ? newest : newestOf(inEffect);
  const shares = (inEffect.length === 0 ? routes : inEffect).map(({ split }) => split.shareBp);
  return {
    ...newest,
    period,
    split: {
      ...newest.split,
      shareBp: Math.max(...shares),
      alwaysGray: [...new Set(routes.flatMap(({ split }) => split.alwaysGray))],
      rest: routes.some(({ split }) => split.rest === 'gray') ? 'gray' : 'stable',
      ...segmentsOfAny(routes),
    },
  };
}

function segmentsOfAny(routes: readonly DesiredRoute[]): Pick<Split, 'segments'> {
  const byText = new Map(
    routes.flatMap(({ split }) => (split.segments ?? []).map((one) => [JSON.stringify(one), one])),
  );
  return byText.size === 0 ? {} : { segments: [...byText.values()] };
}

function newestOf(routes: readonly DesiredRoute[]): DesiredRoute {
  const [first, ...others] = routes;
  if (first === undefined) throw new Error('several routers need at least one');
  return others.reduce((one, other) => (other.fence > one.fence ? other : one), first);
}

const trafficOf = (states: readonly State[], id: string): ServerTraffic => ({
  up: states.every(({ value }) => value.servers[id]?.up ?? false),
  openSessions: states.reduce((sum, { value }) => sum + (value.servers[id]?.openSessions ?? 0), 0),
});

/** Every part has entrances of its own and has to follow by itself; problems name it. */
export function together(confirmations: readonly Answer<Confirmation>[]): Confirmation {
  const named = confirmations.length > 1;
  const problems = confirmations.flatMap(({ name, value }) =>
    value.problems.map((problem) => (named ? sentence(name, problem) : problem)),
  );
  return {
    ok: confirmations.every(({ value }) => value.ok),
    problems,
    probes: confirmations.flatMap(({ value }) => value.probes),
    instance: confirmations.map(({ value }) => value.instance).join(separator),
  };
}

export function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of counts) for (const [id, count] of Object.entries(each)) sum[id] = (sum[id] ?? 0) + count;
  return sum;
}

/** What all of them can do. */
export const commonAbilities = (parts: readonly RouterAbilities[]): RouterAbilities => ({
  kind: 'several',
  ...hashOf(parts),
  granularityBp: parts.map(({ granularityBp }) => granularityBp).reduce(leastCommonMultiple, 1),
  sticky: parts.every(({ sticky }) => sticky),
  monotone: parts.every(({ monotone }) => monotone),
  atomic: parts.every(({ atomic }) => atomic),
  dropsOnChange: parts.some(({ dropsOnChange }) => dropsOnChange),
  survivesRestart: parts.every(({ survivesRestart }) => survivesRestart),
  closesSessions: parts.every(({ closesSessions }) => closesSessions),
});

/** Routers that draw users by different hashes are refused in the release file. */
const hashOf = ([first]: readonly RouterAbilities[]): Pick<RouterAbilities, 'hash'> =>
  first?.hash === undefined ? {} : { hash: first.hash };

const leastCommonMultiple = (one: number, other: number): number => (one * other) / greatestCommonDivisor(one, other);

const greatestCommonDivisor = (one: number, other: number): number =>
  other === 0 ? one : greatestCommonDivisor(other, one % other);
