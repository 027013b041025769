/** The server processes of a process deployer, found by the mark they carry. */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { endNow, processesMarked, serverMark, switchMark } from '../../src/adapters/deployer/process/processes.ts';

/** Ends every server below the deployer's folder `dir`, first those that would start another. */
export async function endServers(dir: string): Promise<void> {
  const homes = await homesIn(dir);
  for (const mark of [switchMark, serverMark]) {
    await Promise.all(homes.map(async (home) => endNow(await processesMarked(mark, home))));
  }
}

/** Pids of every server below `dir`. */
export async function serverPids(dir: string): Promise<readonly number[]> {
  const found = await Promise.all((await homesIn(dir)).map((home) => processesMarked(serverMark, home)));
  return found.flat().map(({ pid }) => pid);
}

async function homesIn(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => []);
  return Promise.all(names.map((name) => realpath(join(dir, name))));
}
