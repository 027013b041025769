/** Builds a version of the demo service: a directory, or an archive, that the deployers take as an artifact. */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { artifactDigest } from '../src/adapters/deployer/process/digest.ts';
import type { Artifact } from '../src/domain/artifact.ts';

/** What a version does wrong on purpose; `demo/service/server.mjs` explains each. */
export interface Faults {
  readonly failStart?: boolean;
  readonly startMs?: number;
  readonly failHealth?: boolean;
  readonly failMetrics?: boolean;
  readonly refuseOn?: readonly string[];
  readonly errorRate?: number;
  readonly errorOnlyWithHeader?: string;
  readonly errorExcept?: readonly string[];
  readonly errorFromUptimeS?: number;
  readonly latencyMs?: number;
  readonly lieVersion?: string;
  readonly onlyWhile?: string;
}

export interface BuildOrder {
  /** The build becomes `dir/<version>` or `dir/<version>.tgz`, and replaces what is there. */
  readonly dir: string;
  readonly version: string;
  readonly faults?: Faults;
  readonly archive?: boolean;
}

/** The program and arguments that start a built version; for `deployer.start`. */
export const startServer: readonly string[] = [
  ...[process.execPath, 'server.mjs', '--host', '{host}', '--port', '{port}'],
  ...['--server', '{server}', '--digest', '{digest}'],
];

const serverFile = fileURLToPath(new URL('service/server.mjs', import.meta.url));

/** The same order gives the same digest. */
export async function buildArtifact({
  dir,
  version,
  faults,
  archive,
}: BuildOrder): Promise<Artifact & { source: string }> {
  const files = join(dir, version);
  await rm(files, { recursive: true, force: true });
  await mkdir(files, { recursive: true });
  await copyFile(serverFile, join(files, 'server.mjs'));
  await writeFile(join(files, 'release.json'), `${JSON.stringify({ version, ...(faults && { faults }) }, null, 2)}\n`);
  const source = archive === true ? await pack(files) : files;
  return { version, digest: await artifactDigest(source), source };
}

async function pack(files: string): Promise<string> {
  const file = `${files}.tgz`;
  await create({ file, cwd: files, gzip: true, portable: true, mtime: new Date(0) }, ['server.mjs', 'release.json']);
  await rm(files, { recursive: true });
  return file;
}
