/** One whole write to one HAProxy: fenced, file before process, servers enter before the split and leave after it. */
import { GrayError, staleFence } from '../../../domain/errors.ts';
import { refuseOtherServers } from '../../../domain/fence.ts';
import { type DesiredRoute, sameRoute } from '../../../domain/route.ts';
import type { HaproxyInstance } from '../../../domain/spec.ts';
import type { RouterContext } from '../port.ts';
import { type Cli, withCli } from './cli.ts';
import { expelFiles, highestTicket, isTaken, replaceFile, type Ticket, takeTicket } from './fence.ts';
import { readIfThere } from './files.ts';
import { type Held, look, nameIn, pools } from './look.ts';
import { entriesOf, mapText, parseMap, routeIn } from './map.ts';
import { aliveAmong, enter, leave, movesTo, rowsAfter, stateFileChange } from './members.ts';
import { publish } from './publish.ts';
import { rowOf, type StateRow } from './state-file.ts';
import type { OnStep } from './steps.ts';
import { beWriter, expelWriters } from './writer.ts';

export interface Site {
  readonly instance: HaproxyInstance;
  readonly context: RouterContext;
  readonly onStep: OnStep;
}

/** What a writer works with, once it is the only one. */
interface Write extends Site {
  readonly desired: DesiredRoute;
  readonly ticket: Ticket;
  readonly cli: Cli;
}

/** HAProxy may be reloaded in the middle: then the new process gets the same write. */
const restartsSurvived = 2;

/** Returns what the process holds in the end, read back from a new connection. */
export async function applyAt(site: Site, desired: DesiredRoute): Promise<Held> {
  try {
    return await applyUntilKept(site, desired);
  } catch (error) {
    // A closed session or a mixed reading most often means that a newer writer came: say so.
    const highest = await highestTicket(site.instance.map);
    if (highest !== null && highest.fence > desired.fence) throw overtaken(site, desired, highest.fence);
    throw error;
  }
}

async function applyUntilKept(site: Site, desired: DesiredRoute): Promise<Held> {
  for (let restarts = 0; ; restarts += 1) {
    const { held, written } = await inSession(site, (cli) => writeUnlessInForce(site, cli, desired));
    if (!written) return held;
    const after = await lookAt(site);
    if (after.process === held.process || (await isInForce(site, after, desired))) return kept(site, after, desired);
    if (restarts === restartsSurvived) throw notKept(site, after, desired);
  }
}

const inSession = <T>({ instance, onStep }: Site, use: (cli: Cli) => Promise<T>): Promise<T> =>
  withCli(instance.socket, { onStep }, use);

export const lookAt = (site: Site): Promise<Held> => inSession(site, (cli) => look(cli, site.instance, site.context));

async function refuseUnfit(site: Site, held: Held, desired: DesiredRoute): Promise<void> {
  const { instance, context } = site;
  const [text, highest] = await Promise.all([readIfThere(instance.map), highestTicket(instance.map)]);
  const seen = Math.max(held.route.fence, routeIn(parseMap(text))?.fence ?? 0, highest?.fence ?? 0);
  const isRepeat = async () => sameRoute(held.route, desired) || (await isTaken(instance.map, desired));
  if (desired.fence < seen || (desired.fence === seen && !(await isRepeat()))) throw overtaken(site, desired, seen);
  refuseOtherServers(held.route, desired);
  for (const server of context.servers) {
    for (const pool of pools) {
      if (rowOf(held.rows, instance, pool, nameIn(server, pool)) !== undefined) continue;
      const name = `${instance.backends[pool]}/${nameIn(server, pool)}`;
      throw new GrayError('routerRefused', `HAProxy has no server ${name}`, { details: { server: server.id, pool } });
    }
  }
}

/** Running process and both files hold `desired`: nothing is left to do. */
async function isInForce({ instance, context }: Site, held: Held, desired: DesiredRoute): Promise<boolean> {
  if (held.mapped === null || held.inBoth.length > 0 || !sameRoute(held.route, desired)) return false;
  if ((await readIfThere(instance.map)) !== mapText(entriesOf(desired))) return false;
  const moves = movesTo(desired, held.rows, instance, context.servers);
  return moves.length === 0 && (await stateFileChange(instance.stateFile, held.rows)) === null;
}

interface Outcome {
  /** Before anything was written. */
  readonly held: Held;
  readonly written: boolean;
}

async function writeUnlessInForce(site: Site, cli: Cli, desired: DesiredRoute): Promise<Outcome> {
  const { instance, context } = site;
  const held = await look(cli, instance, context);
  await refuseUnfit(site, held, desired);
  if (await isInForce(site, held, desired)) return { held, written: false };
  // Before anything is touched: a write that is refused half-way would leave its files.
  if (held.guest) throw new GrayError('routerRefused', `${instance.socket} has not level admin: nobody writes there`);
  return { held: await write(site, cli, desired), written: true };
}

async function write(site: Site, cli: Cli, desired: DesiredRoute): Promise<Held> {
  const { instance, onStep } = site;
  const ticket = await takeTicket(instance.map, desired, onStep);
  await onStep('expel files');
  await expelFiles(ticket, [instance.map, instance.stateFile]);
  await expelWriters(cli, instance.socket);
  await beWriter(cli, ticket, onStep);
  const held = await look(cli, instance, site.context);
  await writeAll({ ...site, desired, ticket, cli }, held);
  return held;
}

async function writeAll(order: Write, held: Held): Promise<void> {
  const { cli, desired, instance, context, onStep } = order;
  const moves = movesTo(desired, held.rows, instance, context.servers);
  const entering = moves.filter(({ enters }) => enters);
  const leaving = moves.filter(({ enters }) => !enters);
  const alive = await aliveAmong(entering);
  await writeStates(order, rowsAfter(held.rows, entering, alive));
  await onStep('servers enter');
  await enter(cli, entering, alive);
  await writeMap(order, held);
  await writeStates(order, rowsAfter(held.rows, moves, alive));
  await onStep('servers leave');
  await leave(cli, leaving);
}

async function writeMap({ cli, desired, instance, ticket, onStep }: Write, held: Held): Promise<void> {
  const entries = entriesOf(desired);
  const text = mapText(entries);
  if ((await readIfThere(instance.map)) !== text) await replaceFile(instance.map, text, ticket, onStep);
  const running = held.mapped === null ? '' : mapText(entriesOf(held.mapped));
  // As many entries as there should be: a duplicate added by hand hides in the list that was read.
  if (running !== text || held.generation.entries !== entries.length)
    await publish(cli, instance.map, { fence: desired.fence, held, entries });
}

async function writeStates({ instance, ticket, onStep }: Write, rows: readonly StateRow[]): Promise<void> {
  const text = await stateFileChange(instance.stateFile, rows);
  if (text !== null) await replaceFile(instance.stateFile, text, ticket, onStep);
}

function kept(site: Site, held: Held, desired: DesiredRoute): Held {
  const moves = movesTo(desired, held.rows, site.instance, site.context.servers);
  // A dead server without a check stays out: the split stands, and confirm names the server.
  const left = moves.filter((move) => !move.enters || move.row.checked);
  if (held.route.fence > desired.fence) throw overtaken(site, desired, held.route.fence);
  if (left.length > 0 || !sameRoute({ ...held.route, servers: desired.servers }, desired))
    throw notKept(site, held, desired);
  return held;
}

const overtaken = ({ instance }: Site, desired: DesiredRoute, seen: number): GrayError =>
  staleFence(desired.fence, seen, instance.map);

const notKept = ({ instance }: Site, held: Held, desired: DesiredRoute): GrayError =>
  new GrayError('routeNotConfirmed', `HAProxy at ${instance.socket} does not hold what was written`, {
    details: { asked: desired.fence, held: held.route.fence },
  });
