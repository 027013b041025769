/** Confirm, the part that is the same on every router: compare what it holds, then ask as users would. */
import { type DesiredRoute, headerValues } from '../../domain/route.ts';
import type { Arm, PoolName } from '../../domain/server.ts';
import { type ProbeUser, probeUsers } from '../../domain/split.ts';
import type { UserHash } from '../../domain/user-hash.ts';
import type { Confirmation, ConfirmRequest, ProbeResult, Router } from './port.ts';

/** What came back for one probe: the pool that answered and the version it named. */
export interface ProbeAnswer {
  readonly pool: PoolName | null;
  readonly version: string | null;
  readonly error?: string;
}

/** `attributes`: further headers of the request. */
export type AskProbe = (user: string | null, attributes: ProbeAttributes) => Promise<ProbeAnswer>;

export type ProbeAttributes = Readonly<Record<string, string>>;

/** Throws only what `read` throws. A router that changed hands or was restarted meanwhile is a problem too. */
export async function confirmRoute(
  request: ConfirmRequest,
  router: Pick<Router, 'read'>,
  ask: AskProbe,
  hash: UserHash = 'xxh32',
): Promise<Confirmation> {
  const before = request.since ?? (await router.read()).instance;
  const former = { users: request.formerly, segments: request.formerSegments ?? [] };
  const users = probeUsers(request.desired, former, hash);
  const probes = await Promise.all(
    users.map(async (probe) => judge(probe, await ask(probe.user, probe.attributes ?? {}), request)),
  );
  const after = await router.read();
  const problems = [
    ...differences(request.desired, after.route),
    ...probes.flatMap((probe) => (probe.ok ? [] : [sentence(probe, request)])),
    ...(before === after.instance ? [] : ['the router was restarted meanwhile']),
  ];
  return { ok: problems.length === 0, problems, probes, instance: after.instance };
}

function judge(probe: ProbeUser, answer: ProbeAnswer, { desired, expected }: ConfirmRequest): ProbeResult {
  const answeredBy = answer.pool === null ? null : armOf(desired, answer.pool);
  const rightVersion = expected[probe.expect] === null || expected[probe.expect] === answer.version;
  return {
    ...probe,
    answeredBy,
    version: answer.version,
    ok: answer.error === undefined && answeredBy === probe.expect && rightVersion,
    ...(answer.error === undefined ? {} : { error: answer.error }),
  };
}

const armOf = (route: Pick<DesiredRoute, 'stable'>, pool: PoolName): Arm => (pool === route.stable ? 'stable' : 'gray');

function sentence(probe: ProbeResult, { expected }: ConfirmRequest): string {
  const who = `${probe.who} user ${probe.user ?? '(no identity)'}`;
  if (probe.error !== undefined) return `${who} got no answer: ${probe.error}`;
  const by = probe.answeredBy ?? 'an unknown pool';
  if (probe.answeredBy !== probe.expect) return `${who} was answered by ${by}, expected ${probe.expect}`;
  return `${who} was answered by version ${probe.version ?? 'unknown'}, expected ${expected[probe.expect]}`;
}

/** One sentence per field in which the route in force is not the desired one. */
export function differences(desired: DesiredRoute, held: DesiredRoute): string[] {
  const fields = [
    ...different('fence', desired.fence, held.fence),
    ...different('release', desired.release, held.release),
    ...different('period', desired.period, held.period),
    ...different('stable pool', desired.stable, held.stable),
    ...different('share (basis points)', desired.split.shareBp, held.split.shareBp),
    ...different('salt', desired.split.salt, held.split.salt),
    ...different('rest', desired.split.rest, held.split.rest),
    ...differentList('always-gray', desired.split.alwaysGray, held.split.alwaysGray),
    ...differentList('always-stable', desired.split.alwaysStable, held.split.alwaysStable),
    ...differentSegments(desired, held),
  ];
  const ids = new Set([...Object.keys(desired.servers), ...Object.keys(held.servers)]);
  for (const id of ids) fields.push(...different(`place of ${id}`, desired.servers[id], held.servers[id]));
  return fields;
}

const different = (field: string, wanted: unknown, found: unknown): string[] =>
  wanted === found ? [] : [`${field} is ${found ?? 'unknown'}, expected ${wanted ?? 'none'}`];

/** A segment is no person, so it is told. */
function differentSegments(desired: DesiredRoute, held: DesiredRoute): string[] {
  const [wanted, found] = [matchesOf(desired), matchesOf(held)];
  return wanted === found ? [] : [`segments are ${found || 'none'}, expected ${wanted || 'none'}`];
}

const matchesOf = ({ split }: DesiredRoute): string =>
  [...new Set((split.segments ?? []).flatMap(headerValues))].sort().join(', ');

/** Lists may be long and name people, so only the numbers are told. */
function differentList(name: string, wanted: readonly string[], found: readonly string[]): string[] {
  const [wantedUsers, foundUsers] = [new Set(wanted), new Set(found)];
  const missing = wanted.filter((user) => !foundUsers.has(user)).length;
  const extra = found.filter((user) => !wantedUsers.has(user)).length;
  if (missing + extra === 0) return [];
  return [`the ${name} list lacks ${missing} expected users and has ${extra} others`];
}
