/** Runs a deploy program once: request in, checked answer out, ended with everything it started in its group when it takes too long. */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecaChildProcess, type ExecaReturnValue, execa } from 'execa';
import { z } from 'zod';
import { GrayError, staleFence } from '../../domain/errors.ts';
import type { CommandDeployerSpec } from '../../domain/spec.ts';
import { refusalAnswer } from './command-answers.ts';
import { namedEnvironment, withoutValues } from './environment.ts';

export interface ProgramCall<T> {
  readonly spec: CommandDeployerSpec;
  readonly server: string;
  /** Goes to standard input as one JSON object. */
  readonly request: Readonly<Record<string, unknown>> & { readonly operation: string };
  readonly variables: Readonly<Record<string, string>>;
  readonly answer: z.ZodType<T>;
  readonly signal?: AbortSignal | undefined;
  /** Gets each line of standard error. */
  readonly progress?: ((line: string) => void) | undefined;
}

const killAfterMs = 2_000;

/** Throws the error the program named, or `deployFailed` with the end of its standard error. */
export async function askProgram<T>(call: ProgramCall<T>): Promise<T> {
  call.signal?.throwIfAborted();
  const child = start(call);
  const limit = endOn(child, call);
  const result = await child;
  const late = limit.stop();
  call.signal?.throwIfAborted();
  const fail = (reason: string, cause?: unknown) => failure(call, reason, result.stderr, cause);
  if (late) throw fail(`no answer within ${call.spec.timeoutMs} ms`);
  const refusal = refusalAnswer.safeParse(parseJson(result.stdout));
  if (refusal.success) throw refused(call, refusal.data.error);
  // Not `failed`: a program that ends without reading its input breaks the pipe, and that is no fault of its own.
  if (result.exitCode !== 0) throw fail(endOf(result));
  const answer = call.answer.safeParse(parseJson(result.stdout));
  if (!answer.success)
    throw fail(`its answer is not what was expected:\n${z.prettifyError(answer.error)}`, answer.error);
  return answer.data;
}

function start({ spec, request, variables, progress }: ProgramCall<unknown>): ExecaChildProcess {
  const [program = '', ...args] = spec.command;
  const child = execa(program, args, {
    input: JSON.stringify(request),
    env: { ...namedEnvironment(spec.env), ...variables },
    extendEnv: false,
    // A group of its own, so that a script's own children can be ended with it.
    detached: true,
    cleanup: false,
    reject: false,
    maxBuffer: 4 * 1024 * 1024,
  });
  if (child.stderr !== null && progress !== undefined) createInterface(child.stderr).on('line', progress);
  return child;
}

function endOf(result: ExecaReturnValue): string {
  if (result.exitCode !== undefined) return `it ended with status ${result.exitCode}`;
  if (result.signal !== undefined) return `it was ended by ${result.signal}`;
  return 'shortMessage' in result ? String(result.shortMessage) : 'it did not start';
}

/** Ends the program's group at the time limit or when the caller's signal fires; `stop` tells whether it was the limit. */
function endOn(child: ExecaChildProcess, { spec, signal }: ProgramCall<unknown>): { stop: () => boolean } {
  let late = false;
  const end = () => void endGroup(child);
  const timer = setTimeout(() => {
    late = true;
    end();
  }, spec.timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  return {
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      return late;
    },
  };
}

async function endGroup({ pid }: ExecaChildProcess): Promise<void> {
  if (pid === undefined || !send(pid, 'SIGTERM')) return;
  await sleep(killAfterMs, undefined, { ref: false });
  send(pid, 'SIGKILL');
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

function refused({ server, request }: ProgramCall<unknown>, error: z.infer<typeof refusalAnswer>['error']): GrayError {
  const asked = typeof request.fence === 'number' ? request.fence : 0;
  if (error.code === 'staleFence') return staleFence(asked, error.seen ?? asked + 1, server);
  return new GrayError(error.code, `${server}: ${error.message}`, { details: { server } });
}

function failure(
  { spec, server, request }: ProgramCall<unknown>,
  reason: string,
  stderr: string,
  cause: unknown,
): GrayError {
  const tail = withoutValues(stderr, spec.env).trim().split('\n').slice(-10).join('\n');
  const said = tail === '' ? '' : `\nits standard error ends:\n${tail}`;
  return new GrayError('deployFailed', `${server}: the program for ${request.operation} failed: ${reason}${said}`, {
    details: { server, operation: request.operation },
    cause,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
