/** Arms trap.mjs for the programs a deployer starts: they die or freeze right before their n-th effect. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';

export interface TrapOrder {
  /** End of the path of the program that is meant. */
  readonly script: string;
  /** Before which effect, from 1. */
  readonly at: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

export interface Sprung {
  readonly pid: number;
  /** The effect that did not happen. */
  readonly effect: string;
}

export interface Trap {
  /** What the trapped program must find in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Null while nobody ran into it. */
  sprung(): Sprung | null;
}

/** The variables a deployer must pass on, by name. */
export const trapVariables: readonly string[] = ['NODE_OPTIONS', 'TRAP_SCRIPT', 'TRAP_AT', 'TRAP_SIGNAL', 'TRAP_FILE'];

const preload = new URL('./trap.mjs', import.meta.url).href;

const folder = mkdtempSync(join(tmpdir(), 'gray-trap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export function setTrap({ script, at, signal }: TrapOrder): Trap {
  const file = join(folder, `${randomUUID()}.json`);
  const environment = {
    NODE_OPTIONS: `--import ${preload}`,
    TRAP_SCRIPT: script,
    TRAP_AT: String(at),
    TRAP_SIGNAL: signal,
    TRAP_FILE: file,
  };
  const sprung = (): Sprung | null => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);
  return { environment, sprung };
}

/** Puts the trap's variables into this process's own environment, for programs it starts; returns how to take them out. */
export function armHere({ environment }: Trap): () => void {
  Object.assign(process.env, environment);
  return () => {
    for (const name of trapVariables) delete process.env[name];
  };
}

export interface Interruption extends Sprung {
  /** Lets a frozen program go on, if it still lives. */
  wake(): void;
  /** How the attempt ended for whoever made it; never rejects. */
  readonly ended: Promise<PromiseSettledResult<unknown>>;
}

/** Waits until the trap has sprung, or the attempt has ended without meeting it: then null. */
export async function interruption(
  trap: Pick<Trap, 'sprung'>,
  attempt: Promise<unknown>,
): Promise<Interruption | null> {
  let over = false;
  const ended = Promise.allSettled([attempt]).then(([result]) => {
    over = true;
    return result;
  });
  while (trap.sprung() === null && !over) await sleep(5);
  const sprung = trap.sprung();
  return sprung === null ? null : { ...sprung, ended, wake: () => wake(sprung.pid) };
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It was ended meanwhile, as it should be.
  }
}
