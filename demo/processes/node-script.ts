/** How to run a TypeScript file of this project as one process of its own: no wrapper that a signal would have to pass. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

const { resolve } = createRequire(import.meta.url);

/** `--import` takes a loader's hooks since Node 20.6; before that it was `--loader`. */
export function nodeScript(script: string, args: readonly string[]): Command {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const hook = major > 20 || (major === 20 && minor >= 6) ? '--import' : '--loader';
  const tsx = [hook, pathToFileURL(resolve('tsx')).href];
  return { command: process.execPath, args: ['--no-warnings', ...tsx, script, ...args] };
}
