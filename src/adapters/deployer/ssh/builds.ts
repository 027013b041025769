/** Builds on their way to a server: an archive as it is, a directory as its manifest and the files that it lists. */
import { createReadStream, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Header, Pack } from 'tar';
import type { Artifact } from '../../../domain/artifact.ts';
import { artifactMissing } from '../faults.ts';
import { fileDigest, manifestDigest, manifestOf } from '../process/digest.ts';

export interface Build {
  /** How the server takes it. */
  readonly form: 'archive' | 'tree';
  readonly data: () => Readable;
}

export const isDigest = (digest: string): boolean => /^sha256:[0-9a-f]{64}$/.test(digest);

/** Throws `artifactMissing` when it cannot be read or has another digest; the server checks again what arrived. */
export async function openBuild(artifact: Artifact): Promise<Build> {
  const { source } = artifact;
  if (source === undefined) throw artifactMissing(artifact, 'it is not kept on the server and has no source');
  const build = await readBuild(source).catch((cause: unknown) => {
    throw artifactMissing(artifact, `${source} cannot be read: ${cause instanceof Error ? cause.message : ''}`, cause);
  });
  if (build.digest === artifact.digest) return build;
  throw artifactMissing(artifact, `${source} has digest ${build.digest}, not ${artifact.digest}`);
}

async function readBuild(source: string): Promise<Build & { readonly digest: string }> {
  const facts = await stat(source);
  if (!facts.isDirectory()) {
    return { form: 'archive', digest: await digestOf(source, facts), data: () => createReadStream(source) };
  }
  const manifest = await manifestOf(source);
  // The shell on the server compares names with these lines as they stand, and JSON would write such a name in another way.
  const odd = manifest.find((line) => line.includes('\\'));
  if (odd !== undefined) throw new Error(`a name in it has a quote, backslash or control character: ${odd}`);
  const names = (await readdir(source)).sort();
  const data = () => Readable.from(treeStream(source, names, manifest.join('\n')));
  return { form: 'tree', digest: manifestDigest(manifest), data };
}

const digests = new Map<string, Promise<string>>();

/** Once for many servers: each of them checks for itself what arrives. */
function digestOf(file: string, { ino, size, mtimeMs, ctimeMs }: Stats): Promise<string> {
  const key = JSON.stringify([file, ino, size, mtimeMs, ctimeMs]);
  const digest = digests.get(key) ?? fileDigest(file);
  digests.set(key, digest);
  // A file that could not be read may be there the next time.
  digest.catch(() => digests.delete(key));
  return digest;
}

/** A tar stream with `manifest` first and then all of `source` below `files`. */
async function* treeStream(source: string, names: readonly string[], manifest: string): AsyncGenerator<Uint8Array> {
  yield* tarFile('manifest', manifest);
  const pack = new Pack({ cwd: source, prefix: 'files', portable: true });
  // The loop below throws it too, but only while somebody reads.
  pack.on('error', () => undefined);
  // A name that begins with @ would be taken for an archive.
  for (const name of names) pack.add(`./${name}`);
  pack.end();
  yield* pack;
}

function* tarFile(path: string, text: string): Generator<Uint8Array> {
  const content = Buffer.from(text);
  const header = new Header({ path, size: content.length, mode: 0o644, type: 'File', mtime: new Date(0) });
  header.encode();
  if (header.block !== undefined) yield header.block;
  yield content;
  yield Buffer.alloc((512 - (content.length % 512)) % 512);
}
