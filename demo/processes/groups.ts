/** Process groups by the pid of their first process. */
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 25;

/** Signals every process of the group; false when none is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** SIGTERM to all, and SIGKILL to those still there after `graceMs`. Returns when they are gone or were killed. */
export async function endGroups(pids: readonly number[], graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let left = pids.filter((pid) => signalGroup(pid, 'SIGTERM'));
  for (const pid of left) signalGroup(pid, 'SIGCONT'); // a frozen process must wake to leave
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(pollMs);
    left = left.filter((pid) => signalGroup(pid, 0));
  }
  for (const pid of left) signalGroup(pid, 'SIGKILL');
}
