/** The processes of nginx on this host: its master by the pid file, and the workers of every generation. */
import { readFile, stat } from 'node:fs/promises';
import { GrayError } from '../../../../domain/errors.ts';

export interface Master {
  readonly pid: number;
  /** Another one after a restart; a reload keeps it. */
  readonly instance: string;
}

export interface Worker {
  readonly pid: number;
  /** It takes no new connections and ends with its last one. */
  readonly leaving: boolean;
}

/** Throws `routerUnreachable` where no nginx runs by that pid file. */
export async function masterOf(pidFile: string): Promise<Master> {
  const pid = Number((await read(pidFile))?.trim());
  const status = Number.isInteger(pid) && pid > 1 ? await read(`/proc/${pid}/stat`) : null;
  const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(status ?? '') ?? [];
  if (name !== 'nginx') throw new GrayError('routerUnreachable', `no nginx runs by ${pidFile}`);
  // Of what follows the name, the twentieth is the time it was started.
  return { pid, instance: `nginx-${pid}-${rest?.split(' ')[19]}` };
}

export async function workersOf({ pid }: Master): Promise<Worker[]> {
  const children = (await read(`/proc/${pid}/task/${pid}/children`))?.trim().split(' ') ?? [];
  const titled = await Promise.all(
    children.map(async (child) => [child, await read(`/proc/${child}/cmdline`)] as const),
  );
  return titled.flatMap(([child, title]): Worker[] =>
    title?.startsWith('nginx: worker process')
      ? [{ pid: Number(child), leaving: title.includes('shutting down') }]
      : [],
  );
}

/** The users that its workers run as. */
export async function userIdsOf(master: Master): Promise<ReadonlySet<number>> {
  const owners = await Promise.all(
    (await workersOf(master)).map(({ pid }) =>
      stat(`/proc/${pid}`).then(
        ({ uid }) => [uid],
        () => [],
      ),
    ),
  );
  return new Set(owners.flat());
}

const read = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);
