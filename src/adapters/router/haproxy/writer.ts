/**
 * The only CLI session that may write. `set server` knows no fence, so the fence is the session: a writer marks its
 * session with a long timeout, proves that HAProxy knows it, and only then looks for a newer ticket; a newer writer
 * takes its ticket and only then ends all marked sessions. Whoever wakes up late writes into a closed connection.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GrayError } from '../../../domain/errors.ts';
import type { Cli } from './cli.ts';
import { checkTicket, type Ticket } from './fence.ts';
import type { OnStep } from './steps.ts';

/** `show sess` tells it as `rx=` in days or hours for most of a week; no ordinary session may idle that long. */
const mark = 'set timeout cli 7d';

/** Throws when a newer ticket was taken. Only after this may `cli` write. */
export async function beWriter(cli: Cli, ticket: Ticket, onStep: OnStep): Promise<void> {
  await cli.tell(mark);
  // One more round trip: the mark is in HAProxy's session list before we look for a newer ticket.
  await cli.ask('show version');
  await onStep('check ticket of the session');
  await checkTicket(ticket);
}

/** Ends every other writer's session. */
export async function expelWriters(cli: Cli, socket: string): Promise<void> {
  const [sockets = '', first = ''] = await cli.askAll(['show cli sockets', 'show sess']);
  const source = sourceOf(sockets, first, socket);
  let list = first;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const writers = writersIn(list, source);
    if (writers.length === 0) return;
    // The reply is silence, or that the session has ended by itself.
    await cli.askAll(writers.map((id) => `shutdown session ${id}`));
    await sleep(Math.min(attempt, 20));
    list = await cli.ask('show sess');
  }
  throw new GrayError('routerUnreachable', `an older writer's session at ${socket} does not end`);
}

/**
 * How the session list names sessions of `socket`: by its place among the sockets. Null where that cannot be told;
 * then the writers of all sockets are expelled, which costs other targets a retry and nothing else.
 */
function sourceOf(sockets: string, list: string, socket: string): string | null {
  const lines = sockets.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const place = lines.findIndex((line) => line.startsWith(`unix@${socket} `));
  const source = `src=unix:${place + 1} `;
  // Our own session must be where we expect it; an `id` on a socket line shifts the numbers.
  return place >= 0 && list.includes(source) ? source : null;
}

/** Sessions that can still write. One that was shut down and only flushes its last reply has no `rx` any more. */
const writersIn = (list: string, source: string | null): string[] =>
  list.split('\n').flatMap((line) => {
    const cliSession = line.includes(' fe=GLOBAL ') && (source === null || line.includes(source));
    const id = /^0x[0-9a-f]+/.exec(line)?.[0];
    return cliSession && id !== undefined && /[[,]rx=\d+[dh]/.test(line) ? [id] : [];
  });
