/**
 * The map transaction: `prepare` up to the generation that is the fence, `add`, `commit`. The generation starts anew
 * with the process, so it is counted from the fence the running map holds. HAProxy itself refuses to commit an older one.
 */
import { GrayError } from '../../../domain/errors.ts';
import { type Cli, maxLineBytes, refused } from './cli.ts';
import { generationOf, type Held } from './look.ts';
import type { MapEntry } from './map.ts';

/** One `prepare` per number between two fences: an operator's jump may be long, but not endless. */
const longestJump = 100_000;

/** Makes `entries` the whole map in one step. Throws `routerRefused` when a newer generation is in force. */
export async function publish(
  cli: Cli,
  map: string,
  order: { readonly fence: number; readonly held: Held; readonly entries: readonly MapEntry[] },
): Promise<void> {
  const { fence, held, entries } = order;
  const generation = held.generation.current + Math.max(1, fence - (held.mapped?.fence ?? 0));
  await prepare(cli, map, { from: held.generation.next, to: generation });
  await cli.tell(`clear map @${generation} ${map}`);
  await fill(cli, map, generation, entries);
  await cli.tell(`commit map @${generation} ${map}`);
}

async function prepare(cli: Cli, map: string, { from, to }: { from: number; to: number }): Promise<void> {
  const count = to - from;
  if (count > longestJump) {
    const message = `the fence jumps by ${count}; HAProxy counts them one by one, at most ${longestJump}: restart it first`;
    throw new GrayError('routerRefused', message);
  }
  const command = `prepare map ${map}`;
  const replies = await cli.askAll(Array.from({ length: Math.max(0, count) }, () => command));
  replies.forEach((reply, n) => {
    if (reply.trim() !== `New version created: ${from + n + 1}`) throw refused(command, reply);
  });
}

/** Adds `entries` to a generation nobody sees yet, and counts them. */
async function fill(cli: Cli, map: string, generation: number, entries: readonly MapEntry[]): Promise<void> {
  const before = await generationOf(cli, map);
  for (const payload of payloads(entries, map)) await cli.tell(`add map @${generation} ${map} <<\n${payload}`);
  const after = await generationOf(cli, map);
  const added = after.entries - before.entries;
  if (added !== entries.length) {
    throw new GrayError(
      'routerRefused',
      `HAProxy took ${added} of ${entries.length} map entries; nothing was committed`,
    );
  }
}

/** Lines of entries, each payload small enough for one command with its header and its closing empty line. */
export function payloads(entries: readonly MapEntry[], map: string): string[] {
  const room = maxLineBytes - Buffer.byteLength(map) - 64;
  const found: string[] = [];
  let payload = '';
  for (const { key, value } of entries) {
    const line = `${key} ${value}\n`;
    if (Buffer.byteLength(line) > room) throw new GrayError('routerRefused', 'a user id is too long for the router');
    if (payload.length + line.length > room) {
      found.push(payload);
      payload = '';
    }
    payload += line;
  }
  return payload === '' ? found : [...found, payload];
}
