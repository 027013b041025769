/** What one HAProxy process holds and sees of a target at one moment. */
import { GrayError } from '../../../domain/errors.ts';
import { routeAtRest } from '../../../domain/fence.ts';
import type { DesiredRoute, ServerTraffic } from '../../../domain/route.ts';
import type { Place, PoolName, ServerSpec } from '../../../domain/server.ts';
import { otherPool } from '../../../domain/server.ts';
import type { HaproxyInstance } from '../../../domain/spec.ts';
import type { RouterContext } from '../port.ts';
import type { Cli } from './cli.ts';
import { readIfThere } from './files.ts';
import { type MappedRoute, parseMap, routeIn } from './map.ts';
import { parseStates, rowOf, type StateRow } from './state-file.ts';

export interface Held {
  /** Process id, start time, and what a start forgets: the fence at which its generations began. */
  readonly process: string;
  readonly route: DesiredRoute;
  /** Null where the running map holds no route. */
  readonly mapped: MappedRoute | null;
  readonly generation: Generation;
  readonly rows: readonly StateRow[];
  /** Server ids that are ready in both pools. */
  readonly inBoth: readonly string[];
  readonly traffic: Readonly<Record<string, ServerTraffic>>;
}

export interface Generation {
  readonly current: number;
  readonly next: number;
  readonly entries: number;
}

export const pools: readonly PoolName[] = ['a', 'b'];

export const nameIn = (server: ServerSpec, pool: PoolName): string => server.names?.[pool] ?? server.id;

export async function look(cli: Cli, instance: HaproxyInstance, context: RouterContext): Promise<Held> {
  const { mapped, generation } = await mapHeld(cli, instance.map);
  const inFile = mapped ?? routeIn(parseMap(await readIfThere(instance.map)));
  const rows = await statesOf(cli, instance);
  const { pid, startedAt } = await processOf(cli);
  const epoch = (mapped?.fence ?? 0) - generation.current;
  const meta = inFile ?? routeAtRest(context.servers);
  const ready = (server: ServerSpec, pool: PoolName) => isReady(rows, instance, server, pool);
  return {
    process: `${pid}.${startedAt}.${epoch}`,
    route: { ...meta, servers: placesOf(context.servers, meta.stable, ready) },
    mapped,
    generation,
    rows,
    inBoth: context.servers.filter((server) => ready(server, 'a') && ready(server, 'b')).map(({ id }) => id),
    traffic: await trafficOf(cli, instance, context),
  };
}

export function isReady(
  rows: readonly StateRow[],
  instance: HaproxyInstance,
  server: ServerSpec,
  pool: PoolName,
): boolean {
  return rowOf(rows, instance, pool, nameIn(server, pool))?.ready ?? false;
}

/** A server that is ready in both pools counts for the gray one: that is where it would do harm. */
function placesOf(
  servers: readonly ServerSpec[],
  stable: PoolName,
  ready: (server: ServerSpec, pool: PoolName) => boolean,
): Record<string, Place> {
  const gray = otherPool(stable);
  return Object.fromEntries(
    servers.map((server): [string, Place] => {
      if (ready(server, gray)) return [server.id, gray];
      return [server.id, ready(server, stable) ? stable : 'out'];
    }),
  );
}

/** The dump of a map is no snapshot, so it counts only when the generation did not move meanwhile. */
async function mapHeld(cli: Cli, map: string): Promise<Pick<Held, 'mapped' | 'generation'>> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const before = await generationOf(cli, map);
    const mapped = routeIn(parseMap(await cli.ask(`show map ${map}`), 'dump'));
    const generation = await generationOf(cli, map);
    if (before.current === generation.current) return { mapped, generation };
  }
  throw new GrayError('routerUnreachable', `the map ${map} changes faster than it can be read`);
}

export async function generationOf(cli: Cli, map: string): Promise<Generation> {
  const list = await cli.ask('show map');
  const line = list.split('\n').find((row) => row.includes(` (${map}) `));
  const [, current, next, entries] = /curr_ver=(\d+) next_ver=(\d+) entry_cnt=(\d+)/.exec(line ?? '') ?? [];
  if (current === undefined) throw new GrayError('routerRefused', `HAProxy has no map ${map} in its configuration`);
  return { current: Number(current), next: Number(next), entries: Number(entries) };
}

export async function statesOf(cli: Cli, { backends }: HaproxyInstance): Promise<StateRow[]> {
  const rows: StateRow[] = [];
  for (const pool of pools) {
    const answer = await cli.ask(`show servers state ${backends[pool]}`);
    if (!answer.startsWith('1\n')) throw new GrayError('routerRefused', `HAProxy has no backend ${backends[pool]}`);
    rows.push(...parseStates(answer));
  }
  return rows;
}

export async function processOf(cli: Cli): Promise<{ pid: string; startedAt: string; version: string }> {
  const facts = new Map(
    (await cli.ask('show info')).split('\n').map((line): [string, string] => {
      const [key = '', value = ''] = line.split(': ', 2);
      return [key, value.trim()];
    }),
  );
  const fact = (key: string) => facts.get(key) ?? '';
  return { pid: fact('Pid'), startedAt: fact('Start_time_sec'), version: fact('Version') };
}

interface Statistic {
  readonly up: boolean;
  readonly sessions: number;
}

async function trafficOf(cli: Cli, instance: HaproxyInstance, { servers }: RouterContext) {
  const statistics = new Map<string, Statistic>();
  for (const pool of pools) {
    const answer = await cli.ask(`show stat ${instance.backends[pool]} 4 -1`);
    for (const { name, ...statistic } of parseStatistics(answer)) statistics.set(`${pool}/${name}`, statistic);
  }
  return Object.fromEntries(
    servers.map((server): [string, ServerTraffic] => {
      const found = pools.flatMap((pool) => statistics.get(`${pool}/${nameIn(server, pool)}`) ?? []);
      const openSessions = found.reduce((sum, { sessions }) => sum + sessions, 0);
      return [server.id, { up: found.some(({ up }) => up), openSessions }];
    }),
  );
}

function parseStatistics(csv: string): (Statistic & { readonly name: string })[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const [name, status, sessions] = ['svname', 'status', 'scur'].map((column) => columns.indexOf(column));
  return lines.map((line) => {
    const fields = line.split(',');
    const field = (column: number | undefined) => fields[column ?? -1] ?? '';
    return { name: field(name), up: /^(UP|no check)/.test(field(status)), sessions: Number(field(sessions)) };
  });
}
