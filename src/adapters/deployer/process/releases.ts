/** The builds kept on a server: unpacked beside, checked against their digest, and put in place whole. */
import { randomUUID } from 'node:crypto';
import { copyFile, cp, mkdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import { artifactMissing } from '../faults.ts';
import type { Availability } from '../port.ts';
import type { Claim } from './claims.ts';
import { artifactDigest, fileDigest, firstDamage, manifestDigest, manifestOf, sizeOf } from './digest.ts';
import type { ServerHome } from './home.ts';

const keptSchema = z.object({ version: z.string(), digest: z.string(), manifest: z.array(z.string()) });

/** Unpacked files need more room than an archive, and a full disk hurts more than the build. */
const roomFactor = 4;

export const releaseName = (digest: string): string => digest.replace(':', '-');

/** True when the build is kept and every file of it is as it was unpacked. */
export async function isKept(home: ServerHome, { digest }: Artifact): Promise<boolean> {
  const folder = join(home.releases, releaseName(digest));
  const text = await readFile(join(folder, 'kept.json'), 'utf8').catch(() => null);
  if (text === null) return false;
  const kept = keptSchema.safeParse(parseJson(text)).data;
  return kept?.digest === digest && (await firstDamage(join(folder, 'files'), kept.manifest)) === null;
}

const isDigest = (digest: string): boolean => /^sha256:[0-9a-f]{64}$/.test(digest);
const noDigest = 'its digest is not sha256:<64 hex digits>';

/** Unpacks and checks a build in a folder of its own; returns the folder's name, or null when the build is kept already. */
export async function stageRelease(home: ServerHome, artifact: Artifact, claim: Claim): Promise<string | null> {
  if (!isDigest(artifact.digest)) throw artifactMissing(artifact, noDigest);
  if (await isKept(home, artifact)) return null;
  const staged = `${claim.name}.${randomUUID()}`;
  const folder = join(home.staging, staged);
  try {
    await unpack(artifact, folder);
    return staged;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export async function availability(home: ServerHome, artifact: Artifact): Promise<Availability> {
  if (!isDigest(artifact.digest)) return unavailable(noDigest);
  if (await isKept(home, artifact)) return { ok: true };
  const { source, digest } = artifact;
  if (source === undefined) return unavailable('it is not kept on the server and has no source');
  try {
    const found = await artifactDigest(source);
    if (found !== digest) return unavailable(wrongDigest(source, found, digest));
    return await roomFor(home, source);
  } catch (error) {
    return unavailable(`${source} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function unpack(artifact: Artifact, folder: string): Promise<void> {
  const { source, version, digest } = artifact;
  if (source === undefined) throw artifactMissing(artifact, 'it is not kept on the server and has no source');
  const files = join(folder, 'files');
  await mkdir(files, { recursive: true });
  const found = await fetchInto(folder, files, source).catch((cause: unknown) => {
    throw artifactMissing(artifact, `${source} cannot be unpacked`, cause);
  });
  if (found.digest !== digest) throw artifactMissing(artifact, wrongDigest(source, found.digest, digest));
  await writeFile(join(folder, 'kept.json'), JSON.stringify({ version, digest, manifest: found.manifest }));
}

interface Unpacked {
  readonly digest: string;
  readonly manifest: readonly string[];
}

// The copy is what gets hashed and unpacked: the source may change while we read it.
async function fetchInto(folder: string, files: string, source: string): Promise<Unpacked> {
  if ((await stat(source)).isDirectory()) {
    await cp(source, files, { recursive: true, verbatimSymlinks: true });
    const manifest = await manifestOf(files);
    return { digest: manifestDigest(manifest), manifest };
  }
  const archive = join(folder, 'archive');
  await copyFile(source, archive);
  const digest = await fileDigest(archive);
  await extract({ file: archive, cwd: files, strict: true });
  await rm(archive);
  return { digest, manifest: await manifestOf(files) };
}

async function roomFor(home: ServerHome, source: string): Promise<Availability> {
  const [size, disk] = await Promise.all([sizeOf(source), statfs(home.dir)]);
  const free = disk.bavail * disk.bsize;
  if (free >= size * roomFactor) return { ok: true };
  return unavailable(`${megabytes(free)} are free at ${home.dir}; ${megabytes(size * roomFactor)} are needed`);
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MB`;

const unavailable = (reason: string): Availability => ({ ok: false, reason });

const wrongDigest = (source: string, found: string, wanted: string): string =>
  `${source} has digest ${found}, not ${wanted}`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
