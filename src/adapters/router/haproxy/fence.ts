/**
 * Who may write on this host: the holder of the highest ticket. A ticket is a small file beside the map, numbered by
 * fence and attempt, created once and never changed; taking one needs no lock that a frozen writer could hold.
 * See docs/decisions/haproxy-fencing.md.
 */
import { createHash } from 'node:crypto';
import { open, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import { canonical, type DesiredRoute } from '../../../domain/route.ts';
import type { OnStep } from './steps.ts';

export interface Ticket {
  /** The map file the ticket lies beside. */
  readonly map: string;
  readonly fence: number;
  /** A repeat of the same write takes the next attempt, and the earlier one may write no more. */
  readonly attempt: number;
}

/** What a fence was taken for: the same fence for anything else is refused. */
export const contentOf = (route: DesiredRoute): string => createHash('sha256').update(canonical(route)).digest('hex');

/** The highest ticket beside `map`, or null before the first write. */
export async function highestTicket(map: string): Promise<Ticket | null> {
  return (await ticketsOf(map)).at(-1) ?? null;
}

/** True when the write `desired` has been taken on already, by this or another process. */
export async function isTaken(map: string, desired: DesiredRoute): Promise<boolean> {
  const highest = await highestTicket(map);
  return highest?.fence === desired.fence && (await contentAt(highest)) === contentOf(desired);
}

/**
 * From here on no older ticket can change a file. Throws `staleFence` for an older fence, and for the same one taken
 * for another content.
 */
export async function takeTicket(map: string, desired: DesiredRoute, onStep: OnStep): Promise<Ticket> {
  for (;;) {
    const highest = await highestTicket(map);
    const content = contentOf(desired);
    if (highest !== null && highest.fence > desired.fence) throw stale(desired.fence, highest);
    const earlier = highest !== null && highest.fence === desired.fence ? highest : null;
    const seen = earlier === null ? content : await contentAt(earlier);
    if (seen === null) continue;
    if (seen !== content) throw staleFence(desired.fence, desired.fence, map);
    const ticket: Ticket = { map, fence: desired.fence, attempt: (earlier?.attempt ?? 0) + 1 };
    await onStep('take ticket');
    if (await create(ticket, content)) {
      await onStep('check ticket');
      await checkTicket(ticket);
      return ticket;
    }
  }
}

/** Throws `staleFence` when a higher fence was taken, `routerUnreachable` when another attempt took this write over. */
export async function checkTicket(ticket: Ticket): Promise<void> {
  const highest = await highestTicket(ticket.map);
  if (highest === null || highest.fence < ticket.fence) throw takenOver(ticket);
  if (highest.fence > ticket.fence) throw stale(ticket.fence, highest);
  if (highest.attempt !== ticket.attempt) throw takenOver(ticket);
}

/**
 * Puts `text` at `path`, whole or not at all. The order makes it safe against freezing: a newer writer takes its
 * ticket, then removes older temporary files. So who finds no newer ticket and freezes finds its file gone.
 */
export async function replaceFile(path: string, text: string, ticket: Ticket, onStep: OnStep): Promise<void> {
  const temporary = `${path}.tmp.${ticket.fence}.${ticket.attempt}`;
  await onStep(`create ${basename(path)}`);
  await writeSynced(temporary, { text, like: path, onStep }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerUnreachable', `${path} cannot be written: ${why}`, { cause });
  });
  await onStep(`check before rename of ${basename(path)}`);
  await checkTicket(ticket).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
  await onStep(`rename ${basename(path)}`);
  await rename(temporary, path).catch(async (cause: unknown) => {
    await checkTicket(ticket);
    throw new GrayError('routerUnreachable', `${path} could not be replaced`, { cause });
  });
  await syncDirectory(path);
}

/** A new file with the permissions of the one it will replace. */
async function writeSynced(
  temporary: string,
  { text, like, onStep }: { readonly text: string; readonly like: string; readonly onStep: OnStep },
): Promise<void> {
  const mode = await stat(like).then(
    (found) => found.mode & 0o777,
    () => 0o640,
  );
  const file = await open(temporary, 'w', mode);
  try {
    await onStep(`write ${basename(like)}`);
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what older writers left: their temporary files of `paths` and their tickets. */
export async function expelFiles(ticket: Ticket, paths: readonly string[]): Promise<void> {
  await Promise.all([
    ...paths.map((path) => removeOlder(path, 'tmp', ticket)),
    removeOlder(ticket.map, 'fence', ticket),
  ]);
}

async function removeOlder(path: string, kind: 'tmp' | 'fence', than: Ticket): Promise<void> {
  for (const [name, fence, attempt] of await numbered(path, kind)) {
    if (compare({ fence, attempt }, than) < 0) await rm(join(dirname(path), name), { force: true });
  }
}

async function ticketsOf(map: string): Promise<Ticket[]> {
  const found = await numbered(map, 'fence');
  return found.map(([, fence, attempt]) => ({ map, fence, attempt })).sort(compare);
}

/** Files `<path>.<kind>.<fence>.<attempt>` with their numbers. */
async function numbered(path: string, kind: 'tmp' | 'fence'): Promise<[string, number, number][]> {
  const prefix = `${basename(path)}.${kind}.`;
  const names = await readdir(dirname(path)).catch((cause: unknown) => {
    throw new GrayError('routerUnreachable', `the directory of ${path} cannot be read`, { cause });
  });
  return names.flatMap((name): [string, number, number][] => {
    if (!name.startsWith(prefix)) return [];
    const [, fence, attempt] = /^(\d{1,15})\.(\d{1,9})$/.exec(name.slice(prefix.length)) ?? [];
    return fence === undefined || attempt === undefined ? [] : [[name, Number(fence), Number(attempt)]];
  });
}

const compare = (one: Omit<Ticket, 'map'>, other: Omit<Ticket, 'map'>): number =>
  one.fence - other.fence || one.attempt - other.attempt;

const pathOf = ({ map, fence, attempt }: Ticket): string => `${map}.fence.${fence}.${attempt}`;

/** False when somebody else has this very ticket. A symbolic link is created with its content in one step. */
async function create(ticket: Ticket, content: string): Promise<boolean> {
  try {
    await symlink(content, pathOf(ticket));
    return true;
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false;
    throw new GrayError('routerUnreachable', `no ticket beside ${ticket.map}`, { cause });
  }
}

/** Null when a newer writer has removed it meanwhile. */
const contentAt = (ticket: Ticket): Promise<string | null> =>
  readlink(pathOf(ticket)).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  });

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const stale = (asked: number, { map, fence }: Ticket) => staleFence(asked, fence, map);

const takenOver = ({ map, fence }: Ticket) =>
  new GrayError('routerUnreachable', `another attempt of the write with fence ${fence} took over at ${map}`);
