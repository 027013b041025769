/** The configuration a running HAProxy was started with, found by way of its process: only on its own host. */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Null where it cannot be read from here. */
export async function runningConfig(pid: string): Promise<string | null> {
  try {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const cwd = await readlink(`/proc/${pid}/cwd`);
    const paths = args.flatMap((arg, n) => (args[n - 1] === '-f' ? [resolve(cwd, arg)] : []));
    const texts = await Promise.all(paths.map(textAt));
    return paths.length === 0 ? null : texts.join('\n');
  } catch {
    return null;
  }
}

async function textAt(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return readFile(path, 'utf8');
  const names = (await readdir(path)).filter((name) => name.endsWith('.cfg')).sort();
  return (await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')))).join('\n');
}

/** Lines without comments and indentation. */
const settings = (config: string): string[] =>
  config.split('\n').map((line) =>
    line
      .replace(/\s#.*$|^#.*$/, '')
      .trim()
      .replace(/\s+/g, ' '),
  );

/** True when a start of HAProxy loads `stateFile`, globally or per backend. */
export function loadsStates(config: string, stateFile: string): boolean {
  const lines = settings(config);
  const base = lines.find((line) => line.startsWith('server-state-base '))?.split(' ')[1] ?? '/';
  const names = (setting: string) =>
    lines.some((line) => line.startsWith(`${setting} `) && resolve(base, line.split(' ')[1] ?? '') === stateFile);
  if (lines.includes('load-server-state-from-file global')) return names('server-state-file');
  return lines.includes('load-server-state-from-file local') && names('server-state-file-name');
}

/** Lines that look `map` up for something that is not of this target: its variables carry the target's name. */
export const foreignUses = (config: string, map: string, variablePrefix: string): string[] =>
  settings(config).filter((line) => line.includes(map) && line.includes('map_') && !line.includes(variablePrefix));
