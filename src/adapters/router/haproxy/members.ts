/** Servers enter and leave pools: the wanted state goes into the file first, then to the running process. */
import { connect } from 'node:net';
import type { DesiredRoute } from '../../../domain/route.ts';
import type { PoolName, ServerSpec } from '../../../domain/server.ts';
import type { HaproxyInstance } from '../../../domain/spec.ts';
import type { Cli } from './cli.ts';
import { readIfThere } from './files.ts';
import { nameIn, pools } from './look.ts';
import { rowOf, type StateRow, sameReadiness, stateText, withState } from './state-file.ts';

/** One server in one pool that is not yet as wanted. */
export interface Move {
  readonly server: ServerSpec;
  readonly pool: PoolName;
  /** `backend/server` in HAProxy's own names. */
  readonly name: string;
  readonly row: StateRow;
  readonly enters: boolean;
}

export function movesTo(
  desired: DesiredRoute,
  rows: readonly StateRow[],
  instance: HaproxyInstance,
  servers: readonly ServerSpec[],
): Move[] {
  return servers.flatMap((server) =>
    pools.flatMap((pool): Move[] => {
      const name = nameIn(server, pool);
      const row = rowOf(rows, instance, pool, name);
      const enters = desired.servers[server.id] === pool;
      if (row === undefined || row.ready === enters) return [];
      return [{ server, pool, name: `${instance.backends[pool]}/${name}`, row, enters }];
    }),
  );
}

/** The rows of the state file once `moves` are made. */
export const rowsAfter = (rows: readonly StateRow[], moves: readonly Move[], alive: ReadonlySet<Move>): StateRow[] =>
  rows.map((row) => {
    const move = moves.find((candidate) => candidate.row === row);
    return move === undefined ? row : withState(row, { ready: move.enters, alive: alive.has(move) });
  });

/** The text the state file must get; null where it makes the same servers ready already. */
export async function stateFileChange(path: string, rows: readonly StateRow[]): Promise<string | null> {
  return sameReadiness(await readIfThere(path), rows) ? null : stateText(rows);
}

/**
 * Who enters is asked first: HAProxy calls a server up at once when maintenance ends, even one that died meanwhile. A
 * dead one enters as down and comes up when its check passes; without a check nothing would ever tell, so it stays out.
 */
export async function enter(cli: Cli, moves: readonly Move[], alive: ReadonlySet<Move>): Promise<void> {
  const commands = moves.flatMap((move) => {
    if (alive.has(move)) return [`set server ${move.name} state ready`];
    if (!move.row.checked) return [];
    return [`set server ${move.name} state ready`, `set server ${move.name} health down`];
  });
  await cli.tellAll(commands);
}

/** Maintenance, not drain: draining servers still get the requests of sticky sessions. Open requests go on. */
export const leave = (cli: Cli, moves: readonly Move[]): Promise<void> =>
  cli.tellAll(moves.map(({ name }) => `set server ${name} state maint`));

/** Those of `moves` whose servers accept a connection. */
export async function aliveAmong(moves: readonly Move[], withinMs = 500): Promise<ReadonlySet<Move>> {
  const answers = await Promise.all(moves.map(async (move) => ((await accepts(move.server, withinMs)) ? [move] : [])));
  return new Set(answers.flat());
}

/** Whether a server takes a connection. */
export const accepts = ({ address }: ServerSpec, withinMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(address.port, address.host);
    const answer = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(withinMs, () => answer(false));
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
