/** Starts the process that changes a server, and waits for it; switch.mjs says why it is a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '../../../domain/artifact.ts';
import { assertHeld, type Claim } from './claims.ts';
import type { ServerHome } from './home.ts';
import { endNow, type ProcessId, processesMarked, switchClaim, switchMark, variableOf } from './processes.ts';
import type { BaseRecord } from './records.ts';

/** What to change, in this order; null leaves it as it is. */
export interface SwitchPlan {
  readonly install: { readonly staged: string; readonly release: string } | null;
  readonly base: BaseRecord | null;
  readonly current: Artifact | null;
  readonly stop: readonly ProcessId[] | null;
  readonly start: StartOrder | null;
  readonly prune: { readonly keep: number; readonly always: readonly string[] } | null;
  /** From SIGTERM to SIGKILL. */
  readonly stopMs: number;
  /** A longer log is put aside before a start. */
  readonly logBytes: number;
}

export interface StartOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly release: string;
  readonly variables: Readonly<Record<string, string>>;
}

export const emptyPlan: SwitchPlan = {
  install: null,
  base: null,
  current: null,
  stop: null,
  start: null,
  prune: null,
  stopMs: 0,
  logBytes: 10 * 1024 * 1024,
};

export interface SwitchOrder {
  readonly home: ServerHome;
  readonly claim: Claim;
  readonly plan: SwitchPlan;
  /** All the server will find in its environment, beside what the plan adds. */
  readonly environment: Readonly<Record<string, string>>;
  readonly progress: (step: string) => void;
}

const script = fileURLToPath(new URL('./switch.mjs', import.meta.url));
const lostClaim = 3;

/** Throws `staleFence` or `serverLocked` when the server has another owner by now, and an Error when a step failed. */
export async function runSwitch({ home, claim, plan, environment, progress }: SwitchOrder): Promise<void> {
  const child = spawn(process.execPath, [script], {
    cwd: home.dir,
    env: { ...environment, [switchMark]: home.dir, [switchClaim]: claim.name },
    detached: true,
    stdio: 'pipe',
  });
  const ended = once(child, 'close');
  const errors = text(child.stderr);
  createInterface(child.stdout).on('line', progress);
  child.stdin.on('error', () => undefined).end(JSON.stringify(plan));
  const [status, signal] = await ended;
  if (status === 0) return;
  await assertHeld(home, claim);
  if (status === lostClaim) throw new Error('the switch was told of another owner');
  throw new Error(`the switch ended with ${signal ?? `status ${status}`}${lastError(await errors)}`);
}

/** Ends what older owners still have running, so that nobody but us changes the server from here on. */
export async function endOlderSwitches(home: ServerHome, claim: Claim): Promise<void> {
  for (;;) {
    const older: ProcessId[] = [];
    for (const found of await processesMarked(switchMark, home.dir)) {
      const other = await variableOf(found.pid, switchClaim);
      if (other !== null && other < claim.name) older.push(found);
    }
    if (older.length === 0) return;
    await endNow(older);
  }
}

// Node prints the source line and a stack; the message is the line that names the error.
function lastError(output: string): string {
  const named = output.split('\n').find((line) => /^\w*Error\b/.test(line));
  return named === undefined ? '' : `: ${named}`;
}
