/** `node router/main.js CONFIG`: what `gray router --config CONFIG` does, without the command line around it. */
import { errorTable, exitStatus, GrayError, InvalidInput } from '../domain/errors.ts';
import { runRouter } from './run.ts';

const [, , file] = process.argv;

try {
  if (file === undefined) throw new InvalidInput('router', [{ path: '', message: 'name a configuration file' }]);
  await runRouter(file);
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
