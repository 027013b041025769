/** A program whose one argument is its configuration file, without the command line of `gray` around it. */
import { errorTable, exitStatus, GrayError, InvalidInput } from '../domain/errors.ts';

/** Runs until `run` ends; the exit status is that of the error table. */
export async function runAsProcess(name: string, run: (file: string) => Promise<void>): Promise<void> {
  const [, , file] = process.argv;
  try {
    if (file === undefined) throw new InvalidInput(name, [{ path: '', message: 'name a configuration file' }]);
    await run(file);
    process.exitCode = exitStatus.ok;
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = error instanceof GrayError ? errorTable[error.code].exit : exitStatus.defect;
  }
}

function describe(error: unknown): string {
  if (error instanceof InvalidInput) {
    return [
      error.message,
      ...error.problems.map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`),
    ].join('\n');
  }
  return error instanceof Error ? error.message : String(error);
}
