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
  /** Our credentials let us read only. */
  readonly guest: boolean;
}

export interface Generation {
  readonly current: number;
  readonly next: number;
  readonly entries: number;
}

export const pools: readonly PoolName[] = ['a', 'b'];

export const nameIn = (server: ServerSpec, pool: PoolName): string => server.names?.[pool] ?? server.id;

/** All in one line of the CLI, so that a look costs one round trip. */
export async function look(cli: Cli, instance: HaproxyInstance, context: RouterContext): Promise<Held> {
  const { mapped, generation, rows, process, traffic, guest } = await seen(cli, instance, context);
  const meta = mapped ?? routeIn(parseMap(await readIfThere(instance.map))) ?? routeAtRest(context.servers);
  const { pid, startedAt } = process;
  const epoch = (mapped?.fence ?? 0) - generation.current;
  const ready = (server: ServerSpec, pool: PoolName) => isReady(rows, instance, server, pool);
  return {
    process: `${pid}.${startedAt}.${epoch}`,
    route: { ...meta, servers: placesOf(context.servers, meta.stable, ready) },
    mapped,
    generation,
    rows,
    inBoth: context.servers.filter((server) => ready(server, 'a') && ready(server, 'b')).map(({ id }) => id),
    traffic,
    guest,
  };
}

/** A command for admins only, that does nothing: there is no session 0. */
const adminsOnly = 'shutdown session 0x0';

export const mayWrite = async (cli: Cli): Promise<boolean> => !isDenied(await cli.ask(adminsOnly));

const isDenied = (reply: string): boolean => /permission denied/i.test(reply);

/** The dump of a map is no snapshot, so it counts only when the generation did not move meanwhile. */
async function seen(cli: Cli, { map, backends }: HaproxyInstance, context: RouterContext) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const [before = '', dump = '', after = '', info = '', admin = '', ...perPool] = await cli.askAll([
      ...['show map', `show map ${map}`, 'show map', 'show info', adminsOnly],
      ...pools.map((pool) => `show servers state ${backends[pool]}`),
      ...pools.map((pool) => `show stat ${backends[pool]} 4 -1`),
    ]);
    const generation = generationIn(after, map);
    if (generationIn(before, map).current !== generation.current) continue;
    const mapped = routeIn(parseMap(dump, 'dump'));
    const rows = pools.flatMap((pool, n) => statesIn(perPool[n] ?? '', backends[pool]));
    const traffic = trafficIn(perPool.slice(pools.length), context);
    return { mapped, generation, rows, traffic, process: processIn(info), guest: isDenied(admin) };
  }
  throw new GrayError('routerUnreachable', `the map ${map} changes faster than it can be read`);
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

export const generationOf = async (cli: Cli, map: string): Promise<Generation> =>
  generationIn(await cli.ask('show map'), map);

function generationIn(list: string, map: string): Generation {
  const line = list.split('\n').find((row) => row.includes(` (${map}) `));
  const [, current, next, entries] = /curr_ver=(\d+) next_ver=(\d+) entry_cnt=(\d+)/.exec(line ?? '') ?? [];
  if (current === undefined) throw new GrayError('routerRefused', `HAProxy has no map ${map} in its configuration`);
  return { current: Number(current), next: Number(next), entries: Number(entries) };
}

export async function statesOf(cli: Cli, { backends }: HaproxyInstance): Promise<StateRow[]> {
  const rows: StateRow[] = [];
  for (const pool of pools)
    rows.push(...statesIn(await cli.ask(`show servers state ${backends[pool]}`), backends[pool]));
  return rows;
}

function statesIn(answer: string, backend: string): StateRow[] {
  if (!answer.startsWith('1\n')) throw new GrayError('routerRefused', `HAProxy has no backend ${backend}`);
  return parseStates(answer);
}

export interface HaproxyProcess {
  readonly pid: string;
  readonly startedAt: string;
  readonly version: string;
}

export const processOf = async (cli: Cli): Promise<HaproxyProcess> => processIn(await cli.ask('show info'));

function processIn(info: string): HaproxyProcess {
  const facts = new Map(
    info.split('\n').map((line): [string, string] => {
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

/** `answers`: the statistics of each pool. */
function trafficIn(answers: readonly string[], { servers }: RouterContext): Record<string, ServerTraffic> {
  const statistics = new Map(
    pools.flatMap((pool, n) =>
      parseStatistics(answers[n] ?? '').map(({ name, ...statistic }) => [`${pool}/${name}`, statistic] as const),
    ),
  );
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
