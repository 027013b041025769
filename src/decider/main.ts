/** `node decider/main.js CONFIG`: what `gray decider --config CONFIG` does, without the command line around it. */
import { errorTable, exitStatus, GrayError, InvalidInput } from '../domain/errors.ts';
import { runDecider } from './decider.ts';

const [, , file] = process.argv;

try {
  if (file === undefined) throw new InvalidInput('decider', [{ path: '', message: 'name a configuration file' }]);
  await runDecider(file);
  process.exitCode = exitStatus.ok;
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = error instanceof GrayError ? errorTable[error.code].exit : exitStatus.defect;
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
