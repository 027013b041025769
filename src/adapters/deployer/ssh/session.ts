/** One session on a server: the script and its arguments go in as data, lines that begin with `#gray ` come back. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type ExecaChildProcess, type ExecaReturnValue, execa } from 'execa';
import { GrayError } from '../../../domain/errors.ts';
import type { SshDeployerSpec } from '../../../domain/spec.ts';
import { namedEnvironment } from '../environment.ts';
import { sshArguments } from './client.ts';
import type { Gate } from './gate.ts';
import type { SshPlace } from './place.ts';
import { sshFault } from './refusals.ts';
import { remoteScript } from './script.ts';

/** Where sessions of a deployer go, and how many at a time. */
export interface Line {
  readonly spec: SshDeployerSpec;
  readonly gate: Gate;
}

export interface SessionOrder {
  readonly operation: 'claim' | 'doctor' | 'look' | 'process' | 'run' | 'stage' | 'switch';
  readonly values?: readonly string[];
  /** Words of commands that the operation runs. */
  readonly words?: readonly string[];
  /** Follows the arguments as it is. */
  readonly data?: () => Readable;
  /** Ends the session at once; where a change must not be broken off, leave it out. */
  readonly signal?: AbortSignal | undefined;
  readonly limitMs: number;
  readonly progress?: (step: string) => void;
}

/** What the server said, in its order: `claim 0000…7.00000001` is `['claim', '0000…7.00000001']`. */
export type Said = readonly (readonly [word: string, rest: string])[];

export interface SessionEnd {
  readonly said: Said;
  /** False: refused, with the reason as last word. */
  readonly done: boolean;
}

/** Throws `serverUnreachable` or `serverRefused` when there was no session, and an Error when it broke off. */
export function openSession(line: Line, place: SshPlace, order: SessionOrder): Promise<SessionEnd> {
  return line.gate(() => runSession(line.spec, place, order));
}

async function runSession(spec: SshDeployerSpec, place: SshPlace, order: SessionOrder): Promise<SessionEnd> {
  order.signal?.throwIfAborted();
  const head = headOf(place, order);
  const child = execa('ssh', sshArguments(spec, place), {
    env: namedEnvironment(['SSH_AUTH_SOCK', 'USER', 'LOGNAME']),
    extendEnv: false,
    reject: false,
    maxBuffer: 16 * 1024 * 1024,
    ...(order.signal !== undefined && { signal: order.signal }),
  });
  if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => tell(line, order));
  const limit = endAfter(child, order.limitMs);
  letGo(child);
  feed(child, head, order.data);
  const result = await child;
  const late = limit.stop();
  order.signal?.throwIfAborted();
  return endOf({ place, order, said: result.stdout.split('\n').flatMap(wordsIn), child, result, late });
}

function tell(line: string, { progress }: SessionOrder): void {
  for (const [word, rest] of wordsIn(line)) if (word === 'step') progress?.(rest);
}

/** None for a line that is not ours, such as a greeting. */
function wordsIn(line: string): Said {
  const [, word, rest] = /^#gray (\S+) ?(.*)$/.exec(line) ?? [];
  return word === undefined || rest === undefined ? [] : [[word, rest]];
}

/** One argument a line: none may hold a line break. */
function headOf({ dir }: SshPlace, { operation, values = [], words = [] }: SessionOrder): string {
  const lines = [operation, dir, String(words.length), ...words, ...values];
  const broken = lines.find((line) => /[\n\0]/.test(line));
  if (broken !== undefined) throw new Error(`${JSON.stringify(broken)} cannot be handed to a server`);
  return `${[remoteScript, ...lines].join('\n')}\n`;
}

/** The session may end before it has read all; how it ended says more than the broken pipe. */
function feed(child: ExecaChildProcess, head: string, data: SessionOrder['data']): void {
  const { stdin } = child;
  if (stdin === null) return;
  // execa would take the broken pipe for the end of the process, and forget its exit status and last words.
  stdin.removeAllListeners('error').on('error', () => undefined);
  if (data === undefined) {
    stdin.end(head);
    return;
  }
  stdin.write(head);
  const source = data();
  // Half a build must not look like a whole one.
  source.once('error', () => child.kill('SIGKILL'));
  child.once('exit', () => source.destroy());
  source.pipe(stdin);
}

/** The process that holds a shared connection has our pipes, too, and keeps them open until the server's side has ended. */
function letGo(child: ExecaChildProcess): void {
  const close = () => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  child.once('exit', () => setTimeout(close, lastWordsMs));
}

function endAfter(child: ExecaChildProcess, limitMs: number): { stop: () => boolean } {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limitMs);
  return {
    stop: () => {
      clearTimeout(timer);
      return late;
    },
  };
}

interface Ended {
  readonly place: SshPlace;
  readonly order: SessionOrder;
  readonly said: Said;
  /** Knows how it ended even where its pipes had to be cut. */
  readonly child: ExecaChildProcess;
  readonly result: ExecaReturnValue;
  readonly late: boolean;
}

function endOf({ place, order, said, child, result, late }: Ended): SessionEnd {
  const last = said.at(-1)?.[0];
  if (last === 'end') return { said, done: true };
  if (child.exitCode === 3 && last !== undefined) return { said, done: false };
  if (late && said.length === 0) throw sshFault(place, `no answer within ${order.limitMs} ms`);
  if (late) throw new Error(`${order.operation} did not end within ${order.limitMs} ms`);
  if (child.pid === undefined) throw noClient(place, result);
  if (child.exitCode === 255 && said.length === 0 && result.stderr !== '') throw sshFault(place, result.stderr);
  throw new Error(`the session broke off during ${order.operation}: ${result.stderr.trim().split('\n').at(-1) ?? ''}`);
}

/** For what an ended client has written and we have not read yet. */
const lastWordsMs = 300;

const noClient = ({ server }: SshPlace, result: ExecaReturnValue): GrayError =>
  new GrayError('serverRefused', `${server}: the program ssh cannot be started here: install the OpenSSH client`, {
    cause: result,
  });

/** The last answer with that word. */
export const answer = (said: Said, word: string): string | undefined => said.findLast(([one]) => one === word)?.[1];
