/**
 * Programs kept per user. A file appears under its final name only when it is whole (written aside, then renamed), so
 * two processes may fill the cache at once and one may die at any line.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Program } from './program.ts';

/** `$XDG_CACHE_HOME/gray-release`, else `~/.cache/gray-release`. */
export const cacheFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'gray-release');

/** Where a program of this version is kept for this kind of machine. */
export const cachedPath = (program: Program, version: string, env: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `${program.command}-${version}-${process.platform}-${process.arch}`, program.command);

/** Gives `make` an empty folder on the cache's disk, moves the file it returns to `target`, and clears the folder away. */
export async function fillCache(
  target: string,
  env: NodeJS.ProcessEnv,
  make: (folder: string) => Promise<string>,
): Promise<void> {
  const root = cacheFolder(env);
  await mkdir(root, { recursive: true });
  await clearAbandoned(root);
  const folder = await mkdtemp(join(root, aside));
  try {
    const made = await make(folder);
    await chmod(made, 0o755);
    await mkdir(dirname(target), { recursive: true });
    await rename(made, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const aside = '.making-';
const abandonedAfterMs = 60 * 60 * 1000;

/** A process that died while it filled the cache leaves its folder; an hour later it is nobody's. */
async function clearAbandoned(root: string): Promise<void> {
  for (const name of (await readdir(root)).filter((entry) => entry.startsWith(aside))) {
    const folder = join(root, name);
    const changed = await stat(folder).catch(() => null);
    if (changed !== null && Date.now() - changed.mtimeMs > abandonedAfterMs) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
