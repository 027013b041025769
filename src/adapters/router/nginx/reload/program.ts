/** Calls of programs around nginx: argument arrays, a deadline, and their own words where they fail. */
import { execa } from 'execa';
import { type ErrorCode, GrayError } from '../../../../domain/errors.ts';

/** Throws `code` with what the program said; `routerUnreachable` where it cannot be started at all. */
export async function call(command: readonly string[], code: ErrorCode, what: string): Promise<void> {
  const [program = '', ...args] = command;
  const ended = await execa(program, args, { reject: false, all: true, stdin: 'ignore', timeout: 20_000 });
  if (!ended.failed) return;
  if (ended.exitCode === undefined && ended.signal === undefined) {
    throw new GrayError('routerUnreachable', `${program} cannot be started; is it on the PATH of the worker?`);
  }
  const said = ended.timedOut ? 'no end within 20 s' : ended.all?.trim() || `exit status ${ended.exitCode}`;
  throw new GrayError(code, `${what}: ${said.slice(-2_000)}`);
}
