/** The release file's shape for editors: JSON Schema, draft 7, with the descriptions of every key. */
import { z } from 'zod';
import { releaseFile } from './file.ts';

type Schema = Record<string, unknown>;

/** A fresh plain object; written to `dist/release.schema.json` by the build. */
export function releaseJsonSchema(): Schema {
  const schema = z.toJSONSchema(releaseFile, {
    io: 'input',
    target: 'draft-07',
    override: ({ jsonSchema }) => withoutMemory(jsonSchema),
  });
  // The command line may name the artifact instead of the file.
  const required = schema.required?.filter((key) => key !== 'artifact');
  return { ...schema, required, $id: 'gray-release/release.schema.json', title: 'Release file of gray-release' };
}

/** The memory adapters are for tests; an editor must not offer them. */
function withoutMemory(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.oneOf !== undefined) schema.oneOf = schema.oneOf.filter((branch) => !isMemory(branch));
}

function isMemory(branch: z.core.JSONSchema._JSONSchema): boolean {
  if (typeof branch !== 'object') return false;
  const kind = branch.properties?.kind;
  return typeof kind === 'object' && kind.const === 'memory';
}
