/** The processes of a demo. Each leads a group of its own; all end with the crew, or with the process that made it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endAll, note, type Started, type Word } from './burial.ts';
import { signalGroup } from './groups.ts';
import { type Command, nodeScript } from './node-script.ts';

export interface Crew {
  /** Resolves when the process is ready; throws, with its last words, when it left before or took too long. */
  start(order: CrewOrder): Promise<Member>;
  /** Server processes that a deployer keeps in `dir` belong to the crew as well. */
  adoptServers(dir: string): void;
  /** Ends every process. Repeats do nothing. */
  end(): Promise<void>;
}

export interface CrewOrder extends Command {
  /** Also the name of its log file. */
  readonly name: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Asked again and again, with the output so far. */
  readonly ready: (output: string) => boolean | Promise<boolean>;
  readonly readyMs?: number;
}

export interface Member {
  readonly pid: number;
  readonly log: string;
  readonly exited: Promise<void>;
  /** Sends `signal` to the group and waits for the end. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const undertaker = fileURLToPath(new URL('./undertaker.ts', import.meta.url));

/** `logs`: folder for the output of every member. */
export function createCrew(logs: string): Crew {
  const { command, args } = nodeScript(undertaker, [logs]); // the folder tells people in `ps` whose it is
  const last = spawn(command, args, { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(last, 'exit').then(() => {});
  last.stdin.on('error', () => {});
  const started: Started = { groups: new Set(), folders: new Set() };
  const tell = (word: Word) => {
    note(started, word);
    last.stdin.write(`${JSON.stringify(word)}\n`);
  };
  return {
    start: (order) => startMember(order, logs, tell),
    adoptServers: (servers) => tell({ servers }),
    end: async () => {
      last.stdin.end();
      await ended;
      await endAll(started); // nothing is left to do, unless somebody killed the undertaker
    },
  };
}

async function startMember(order: CrewOrder, logs: string, tell: (word: Word) => void): Promise<Member> {
  const log = join(logs, `${order.name}.log`);
  const output = openSync(log, 'a');
  const { command, args, cwd, env } = order;
  const child = spawn(command, args, { detached: true, cwd, env, stdio: ['ignore', output, output] });
  closeSync(output);
  const member = await memberOf(child, log, tell);
  await becomeReady(order, member);
  return member;
}

async function memberOf(child: ChildProcess, log: string, tell: (word: Word) => void): Promise<Member> {
  const exited = once(child, 'exit').then(() => {});
  const { pid } = child;
  if (pid === undefined) {
    await exited;
    throw new Error('a process without a pid');
  }
  tell({ add: pid });
  void exited.then(() => signalGroup(pid, 0) || tell({ gone: pid }));
  const kill: Member['kill'] = async (signal) => {
    signalGroup(pid, signal);
    await exited;
  };
  return { pid, log, exited, kill };
}

const pollMs = 50;

async function becomeReady({ name, ready, readyMs = 30_000 }: CrewOrder, { log, exited }: Member): Promise<void> {
  let left = false;
  void exited.then(() => {
    left = true;
  });
  const deadline = performance.now() + readyMs;
  for (;;) {
    const output = await readFile(log, 'utf8');
    if (!left && (await ready(output))) return;
    if (left || performance.now() > deadline) {
      const what = left ? 'left before it was ready' : `is not ready after ${readyMs} ms`;
      throw new Error(`${name} ${what}; its last words:\n${output.slice(-2_000)}`);
    }
    await sleep(pollMs);
  }
}
