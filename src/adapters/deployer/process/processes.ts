/**
 * Finds the processes of a server by a mark in their environment, so that one whose starter died before it could write
 * its id down is found as well. Reads Linux's /proc. A process is its id and its start time: ids are used again.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since the machine started. */
  readonly startTime: string;
}

/** In the environment of a server and of all it starts: the server's folder. */
export const serverMark = 'GRAY_SERVER_HOME';
/** In the environment of a switch: the server's folder. */
export const switchMark = 'GRAY_SWITCH_HOME';
/** In the environment of a switch: the claim it acts for. */
export const switchClaim = 'GRAY_SWITCH_CLAIM';

/** Live processes whose environment says `name=value`. */
export async function processesMarked(name: string, value: string): Promise<readonly ProcessId[]> {
  const found = await Promise.all((await allPids()).map((pid) => ifMarked(pid, name, value)));
  return found.filter((process) => process !== null);
}

/** Start time of a live process; null when it is gone or only waits to be reaped. */
export async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field, the program's name in brackets, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields?.[0];
  return state === 'Z' || state === 'X' ? null : (fields?.[19] ?? null);
}

export const isAlive = async ({ pid, startTime }: ProcessId): Promise<boolean> =>
  (await startTimeOf(pid)) === startTime;

/** A variable in the environment a process was started with; null when it is gone or not ours to see. */
export async function variableOf(pid: number, name: string): Promise<string | null> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const line = environment.split('\0').find((entry) => entry.startsWith(`${name}=`));
  return line === undefined ? null : line.slice(name.length + 1);
}

/** Changes with every start of the machine. */
export const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();

/** SIGKILL, and wait until they are gone. */
export async function endNow(processes: readonly ProcessId[]): Promise<void> {
  for (const process of processes) if (await isAlive(process)) sendKill(process.pid);
  for (const process of processes) while (await isAlive(process)) await sleep(5);
}

function sendKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function allPids(): Promise<readonly number[]> {
  const names = await readdir('/proc').catch((cause: unknown) => {
    throw new Error('the process deployer needs /proc, which this system has not', { cause });
  });
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function ifMarked(pid: number, name: string, value: string): Promise<ProcessId | null> {
  if ((await variableOf(pid, name)) !== value) return null;
  const startTime = await startTimeOf(pid);
  return startTime === null ? null : { pid, startTime };
}
