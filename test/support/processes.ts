/** Child processes of a test or benchmark: started, waited for, signalled by pid, and ended with it, whatever happened. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { nodeScript } from '../../demo/processes/node-script.ts';

export interface ProcessOrder {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Resolve when its output matches, or when a loopback port accepts connections; neither: as soon as it was spawned. */
  readonly ready?: RegExp | { readonly port: number };
  readonly readyMs?: number;
}

export interface ExitReport {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  readonly pid: number;
  /** Standard output and standard error so far. */
  output(): string;
  readonly exited: Promise<ExitReport>;
  signal(signal: NodeJS.Signals): void;
  /** Sends `signal` (SIGKILL when not said) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<ExitReport>;
  /** The first match in the output, now or later. */
  printed(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
}

const started = new Set<ChildProcess>();
const endAll = () => {
  for (const child of started) child.kill('SIGKILL');
};
process.once('exit', endAll);
if (process.env.VITEST !== undefined) afterAll(endAll);

export async function startProcess(order: ProcessOrder): Promise<StartedProcess> {
  const child = spawn(order.command, order.args ?? [], {
    cwd: order.cwd,
    env: { ...process.env, ...order.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  const running = await watchProcess(child, order.command);
  await becomeReady(running, order);
  return running;
}

/** A TypeScript file as a process of its own, without a build: one pid, no wrapper in between. */
export const startTypeScript = (
  file: string,
  args: readonly string[] = [],
  rest: Omit<ProcessOrder, 'command' | 'args'> = {},
): Promise<StartedProcess> => startProcess({ ...rest, ...nodeScript(file, args) });

async function watchProcess(child: ChildProcess, name: string): Promise<StartedProcess> {
  let text = '';
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<ExitReport>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  void exited.then(() => started.delete(child));
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} has no pid`);
  return {
    pid,
    output: () => text,
    exited,
    signal: (signal) => void child.kill(signal),
    kill: (signal = 'SIGKILL') => {
      child.kill(signal);
      return exited;
    },
    printed: (pattern, withinMs = 20_000) =>
      eventually(
        () => pattern.exec(text),
        withinMs,
        () => `${pattern} in:\n${text}`,
      ),
  };
}

async function becomeReady(running: StartedProcess, { command, ready, readyMs = 20_000 }: ProcessOrder): Promise<void> {
  if (ready === undefined) return;
  const died = running.exited.then(({ code, signal }) => {
    throw new Error(`${command} ended (${code ?? signal}) before it was ready:\n${running.output()}`);
  });
  died.catch(() => undefined);
  const up =
    ready instanceof RegExp
      ? running.printed(ready, readyMs)
      : eventually(
          () => accepts(ready.port),
          readyMs,
          () => `port ${ready.port}:\n${running.output()}`,
        );
  await Promise.race([up, died]);
}

/** Asks until the answer is neither null nor false; throws when `withinMs` is over. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  withinMs = 10_000,
  what: () => string = () => 'a condition of the test',
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isThere(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await sleep(20);
  }
}

const isThere = <T>(answer: T): answer is NonNullable<Exclude<T, false>> =>
  answer !== null && answer !== undefined && answer !== false;

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
