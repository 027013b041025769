/** Names of images, by digest only. */
import type { Artifact } from '../../domain/artifact.ts';
import { artifactMissing } from './faults.ts';

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const namePattern = /^[a-z0-9][a-z0-9._:/-]*$/;

/** Null for a name by digest, or none; else what to write instead. */
export function imageProblem({ source, digest }: Pick<Artifact, 'source' | 'digest'>): string | null {
  if (!digestPattern.test(digest)) return 'its digest is not sha256:<64 hex digits>';
  if (source === undefined) return null;
  const [name = '', told, ...rest] = source.split('@');
  const bare = name.replace(/^(.*\/)?([^/:]*)(:[^/]*)?$/, '$1$2');
  const write = `write ${bare}@${digest}`;
  if (told === undefined) return `${source} is a tag or a name, which can be moved to another image; ${write}`;
  if (bare !== name) return `${source} has a tag beside its digest; ${write}`;
  if (!namePattern.test(name) || rest.length > 0) return `${source} is no name of an image; ${write}`;
  return told === digest ? null : `${source} has another digest than the artifact; ${write}, or mend artifact.digest`;
}

/** Throws `artifactMissing` where `artifact` is not named by its digest. */
export function refuseTags(artifact: Artifact): void {
  const problem = imageProblem(artifact);
  if (problem !== null) throw artifactMissing(artifact, problem);
}
