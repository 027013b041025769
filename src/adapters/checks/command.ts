/**
 * The user's own program: an argument array, the facts as GRAY_* variables and as one JSON object on standard input,
 * exit status 0 passes. Of the worker's environment it gets what the file names. Its process group ends with it, at its
 * deadline, or when the check is cancelled.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandCheck } from '../../domain/spec.ts';
import { namedEnvironment, withoutValues } from '../deployer/environment.ts';
import { baseUrl } from './place.ts';
import type { CheckPlace, CheckResult } from './port.ts';

export async function runCommandCheck(
  check: CommandCheck,
  where: CheckPlace,
  signal?: AbortSignal,
): Promise<CheckResult> {
  // An argument or variable that no program can be given throws instead of failing to start.
  const problem = await problemOf(check, where, signal).catch((error: unknown) => `cannot be run: ${String(error)}`);
  signal?.throwIfAborted();
  const result = { name: check.name, ok: problem === null, runs: 1, failures: problem === null ? 0 : 1 };
  return problem === null ? result : { ...result, problem };
}

async function problemOf(check: CommandCheck, where: CheckPlace, signal?: AbortSignal): Promise<string | null> {
  const [file, ...args] = check.command;
  if (file === undefined) return 'there is no command';
  signal?.throwIfAborted();
  const child = start(file, args, check, where);
  const output = [tailOf(child.stderr), tailOf(child.stdout)];
  const ending = endGroup(child.pid, check.timeoutMs, signal);
  const end = await endOf(child);
  ending.disarm();
  // What it said last may still be in the pipe; a program that left its group may hold that pipe for ever.
  await Promise.race([Promise.all(output.map(({ ended }) => ended)), sleep(graceMs, undefined, { ref: false })]);
  const said = output.map(({ text }) => withoutValues(text(), check.env)).find((text) => text !== '');
  const tail = said === undefined ? '' : `: ${said}`;
  if (ending.timedOut()) return `${file} did not end within ${check.timeoutMs} ms${tail}`;
  return end === null ? null : `${file} ${end}${tail}`;
}

function start(
  file: string,
  args: readonly string[],
  check: CommandCheck,
  where: CheckPlace,
): ChildProcessWithoutNullStreams {
  const env = { ...namedEnvironment(check.env), ...grayVariables(check, where) };
  const child = spawn(file, args, { env, detached: true });
  // A program need not read its input; execa would take the broken pipe for the program's own failure.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify({ check: check.name, url: baseUrl(where), ...where }));
  return child;
}

/** How it ended; null for status 0. */
const endOf = (child: ChildProcessWithoutNullStreams): Promise<string | null> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`did not start: ${error.message}`));
    child.once('exit', (status, signal) => {
      if (status === 0) resolve(null);
      else resolve(status === null ? `was ended by ${signal}` : `ended with status ${status}`);
    });
  });

// ── its end ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface Ending {
  readonly timedOut: () => boolean;
  readonly disarm: () => void;
}

/** SIGTERM to the whole group at the deadline or when `signal` fires, SIGKILL soon after: a child of its own must not hold us. */
function endGroup(pid: number | undefined, timeoutMs: number, signal?: AbortSignal): Ending {
  let late = false;
  let killer: NodeJS.Timeout | undefined;
  const end = () => {
    kill(pid, 'SIGTERM');
    killer = setTimeout(() => kill(pid, 'SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  return {
    timedOut: () => late,
    disarm: () => {
      clearTimeout(timer);
      clearTimeout(killer);
      signal?.removeEventListener('abort', end);
      kill(pid, 'SIGKILL');
    },
  };
}

const graceMs = 1_000;

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

// ── what it is told, what it says ────────────────────────────────────────────────────────────────────────────────

function grayVariables(check: CommandCheck, where: CheckPlace): Record<string, string> {
  const server = where.at === 'server' ? where.server : null;
  return {
    GRAY_CHECK: check.name,
    GRAY_TARGET: where.target,
    GRAY_VERSION: where.expected.version,
    GRAY_DIGEST: where.expected.digest,
    GRAY_AT: where.at,
    GRAY_URL: baseUrl(where),
    ...(server && { GRAY_SERVER: server.id, GRAY_HOST: server.address.host, GRAY_PORT: String(server.address.port) }),
  };
}

interface Tail {
  readonly ended: Promise<unknown>;
  /** As one line. */
  readonly text: () => string;
}

/** Keeps the end of what a stream says. */
function tailOf(stream: NodeJS.ReadableStream): Tail {
  let text = '';
  stream.on('data', (chunk: Buffer | string) => {
    text = (text + chunk.toString()).slice(-longestTail);
  });
  const ended = new Promise((resolve) => stream.once('close', resolve));
  return { ended, text: () => text.replace(/\s+/g, ' ').trim() };
}

const longestTail = 400;
