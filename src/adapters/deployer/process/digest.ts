/**
 * The digest of a build: of an archive the SHA-256 of the file, of a directory the SHA-256 of its manifest.
 * A manifest has one line per file and link, sorted by path, and leaves out times, owners and empty directories.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** `sha256:<64 hex>` of the archive or directory at `path`. */
export async function artifactDigest(path: string): Promise<string> {
  return (await stat(path)).isDirectory() ? manifestDigest(await manifestOf(path)) : fileDigest(path);
}

export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

export const manifestDigest = (manifest: readonly string[]): string =>
  `sha256:${createHash('sha256').update(manifest.join('\n')).digest('hex')}`;

/** Sorted lines `["file", "x" or "-", sha256, path]` and `["link", target, path]`, each as JSON. */
export async function manifestOf(dir: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const path of await pathsIn(dir, '')) lines.push(await manifestLine(dir, path));
  return lines;
}

/** The first listed file that is missing or changed; null when all are as listed. Files beside them do not matter. */
export async function firstDamage(dir: string, manifest: readonly string[]): Promise<string | null> {
  for (const line of manifest) {
    const path = pathOf(line);
    const now = await manifestLine(dir, path).catch(() => null);
    if (now !== line) return path;
  }
  return null;
}

/** Total size in bytes of the file or directory at `path`. */
export async function sizeOf(path: string): Promise<number> {
  const top = await stat(path);
  if (!top.isDirectory()) return top.size;
  let sum = 0;
  for (const inner of await pathsIn(path, '')) sum += (await lstat(join(path, inner))).size;
  return sum;
}

async function manifestLine(dir: string, path: string): Promise<string> {
  const full = join(dir, path);
  const facts = await lstat(full);
  if (facts.isSymbolicLink()) return JSON.stringify(['link', await readlink(full), path]);
  if (!facts.isFile()) throw new Error(`${path} is neither a file, a directory nor a link`);
  return JSON.stringify(['file', (facts.mode & 0o100) === 0 ? '-' : 'x', await fileDigest(full), path]);
}

function pathOf(line: string): string {
  const fields: unknown = JSON.parse(line);
  const path: unknown = Array.isArray(fields) ? fields.at(-1) : undefined;
  return typeof path === 'string' ? path : '';
}

async function pathsIn(root: string, below: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const entries = await readdir(join(root, below), { withFileTypes: true });
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await pathsIn(root, path)));
    else paths.push(path);
  }
  return paths.sort();
}
