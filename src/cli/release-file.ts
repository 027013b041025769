/** The release file that a verb names, with what the command line puts over it. */
import type { ReleaseSpec } from '../domain/spec.ts';
import { readReleaseFile } from '../spec.ts';
import { type Call, textOf } from './verb.ts';

export const artifactOptions = [
  ['--version <version>', 'version to release, instead of the one in the file'],
  ['--artifact <source>', 'path or URL of the build'],
  ['--digest <digest>', 'sha256:… of the build'],
] as const;

export function releaseFileOf({ options, io }: Call, file: string): Promise<ReleaseSpec> {
  const version = textOf(options, 'version');
  const artifactSource = textOf(options, 'artifact');
  const artifactDigest = textOf(options, 'digest');
  return readReleaseFile(file, {
    env: io.env,
    overrides: {
      ...(version !== undefined && { version }),
      ...(artifactSource !== undefined && { artifactSource }),
      ...(artifactDigest !== undefined && { artifactDigest }),
    },
  });
}
