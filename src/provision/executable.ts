/** Whether a file is a program of ours that runs here, and which version it is. */
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { Program } from './program.ts';

/** A usable program, or why there is none. */
export type Attempt =
  | { readonly ok: true; readonly path: string; readonly version: string }
  | { readonly ok: false; readonly reason: string };

export const missing = (reason: string): Attempt => ({ ok: false, reason });

/** Runs `path` for its version; `assumed` stands in where the program cannot say it. */
export async function inspect(program: Program, path: string, assumed: string): Promise<Attempt> {
  if (!(await isExecutable(path))) return missing(`${path} is not an executable file`);
  if (program.versionArgs === null) return { ok: true, path, version: assumed };
  try {
    const { stdout } = await execa(path, program.versionArgs, { timeout: 20_000, stdin: 'ignore' });
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
    return version === undefined ? missing(`${path} names no version: ${stdout}`) : { ok: true, path, version };
  } catch (error) {
    return missing(`${path} does not run: ${firstLine(error)}`);
  }
}

/** The first executable file called `command` in the folders of `PATH`. */
export async function onPath(command: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const file = process.platform === 'win32' ? `${command}.exe` : command;
  for (const folder of (env.PATH ?? '').split(delimiter).filter((part) => part !== '')) {
    const path = join(folder, file);
    if (await isExecutable(path)) return path;
  }
  return null;
}

/** True when `version` is `oldest` or newer; both are `x.y.z`. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [a, b] = [version, oldest].map((text) => text.split('.').map(Number));
  const at = a?.findIndex((part, index) => part !== b?.[index]) ?? -1;
  return at === -1 || (a?.[at] ?? 0) > (b?.[at] ?? 0);
}

export const firstLine = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
};

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
