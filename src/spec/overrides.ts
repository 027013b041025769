/** What the command line says of the artifact, put over the file before it is checked. */
import { resolve } from 'node:path';

export interface Overrides {
  readonly version?: string;
  /** Path, seen from the current folder, or URL. */
  readonly artifactSource?: string;
  readonly artifactDigest?: string;
}

type Group = Readonly<Record<string, unknown>>;

export function overridden(file: Group, overrides: Overrides): Group {
  const { version, artifactSource, artifactDigest } = overrides;
  if (version === undefined && artifactSource === undefined && artifactDigest === undefined) return file;
  const { digest, ...inFile }: Record<string, unknown> = isGroup(file.artifact) ? { ...file.artifact } : {};
  // The file's digest belongs to the build the file names.
  const kept = version === undefined && artifactSource === undefined ? digest : undefined;
  const pinned = artifactDigest ?? kept;
  const artifact = {
    ...inFile,
    ...(version === undefined ? {} : { version }),
    ...(artifactSource === undefined ? {} : { source: fromHere(artifactSource) }),
    ...(pinned === undefined ? {} : { digest: pinned }),
  };
  return { ...file, artifact };
}

const fromHere = (source: string): string => (/^[a-z][a-z0-9+.-]*:/i.test(source) ? source : resolve(source));

const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
