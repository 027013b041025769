/** `nginx -t` on a copy, before anything changes: the whole configuration, with the new text in place of the included file. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GrayError } from '../../../../domain/errors.ts';
import type { NginxReloadRouterSpec } from '../../../../domain/spec.ts';
import { call } from './program.ts';

/** Throws `routerRefused` in nginx's own words where it would not run with `text`. */
export async function testCandidate(spec: NginxReloadRouterSpec, text: string): Promise<void> {
  const { config, include, program } = spec;
  await sweep(include);
  const folder = `${include}.test.${randomBytes(6).toString('hex')}`;
  try {
    await copyInto(folder, spec, text);
    await call(
      [...program, '-t', '-q', '-c', join(folder, basename(config))],
      'routerRefused',
      'nginx -t refuses the route',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A folder like that of the configuration, so that relative paths in it still fit. */
async function copyInto(folder: string, { config, include }: NginxReloadRouterSpec, text: string): Promise<void> {
  const main = await readFile(config, 'utf8').catch((cause: unknown) => {
    throw new GrayError('routerUnreachable', `${config} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const candidate = join(folder, 'gray-candidate');
  const copy = main.replaceAll(namesInclude(include), `include ${candidate};`);
  if (copy === main) throw new GrayError('routerRefused', `${config} has no line \`include ${include};\``);
  try {
    await mkdir(folder, { mode: 0o700 });
    const around = resolve(dirname(config));
    for (const name of await readdir(around)) {
      if (name !== basename(config) && join(around, name) !== folder)
        await symlink(join(around, name), join(folder, name));
    }
    await writeFile(candidate, text);
    await writeFile(join(folder, basename(config)), copy);
  } catch (cause) {
    throw new GrayError('routerUnreachable', `${include} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/** The line that names `include`, which stands in the main file itself. */
export const namesInclude = (include: string): RegExp =>
  new RegExp(`\\binclude\\s+(["']?)${include.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\1\\s*;`, 'g');

/** What a writer that died has left. */
async function sweep(include: string): Promise<void> {
  const prefix = `${basename(include)}.test.`;
  for (const name of await readdir(dirname(include)).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const path = join(dirname(include), name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 60_000) await rm(path, { recursive: true, force: true });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
