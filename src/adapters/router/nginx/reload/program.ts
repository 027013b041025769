/** Calls of programs around nginx: argument arrays, a deadline, and their own words where they fail. */
import { execa } from 'execa';
import { type ErrorCode, GrayError } from '../../../../domain/errors.ts';

export async function call(command: readonly string[], code: ErrorCode, what: string): Promise<void> {
  const [program = '', ...args] = command;
  const { failed, timedOut, all, shortMessage } = await execaWhole(program, args);
  if (!failed) return;
  const said = timedOut ? 'no end within 20 s' : all?.trim() || shortMessage;
  throw new GrayError(code, `${what}: ${said?.slice(-2_000)}`);
}

async function execaWhole(program: string, args: readonly string[]) {
  const ended = await execa(program, args, { reject: false, all: true, stdin: 'ignore', timeout: 20_000 });
  return { ...ended, shortMessage: 'shortMessage' in ended ? String(ended.shortMessage) : '' };
}
