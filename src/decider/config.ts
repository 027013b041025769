/** The configuration of a decider: what `gray router` needs to decide, without its entrances. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidInput } from '../domain/errors.ts';
import { adminSchema, healthSchema, loopbackSchema, serverSchema } from '../router/config.ts';

const identitySchema = z
  .strictObject({ header: z.string().min(1).toLowerCase().exactOptional(), cookie: z.string().min(1).exactOptional() })
  .refine(({ header, cookie }) => (header ?? cookie) !== undefined, { error: 'expected a header, a cookie or both' });

const deciderSchema = z.strictObject({
  target: z.string().min(1),
  /** Where the proxy asks, on loopback; 0 takes a free port. */
  decisions: loopbackSchema,
  admin: adminSchema,
  stateFile: z.string().min(1),
  /** Directory for the way to stable that needs no decider. */
  road: z.string().min(1),
  identity: identitySchema,
  servers: z
    .array(serverSchema)
    .min(1)
    .refine((servers) => new Set(servers.map(({ id }) => id)).size === servers.length, {
      error: 'two servers have one id',
    }),
  health: healthSchema.prefault({}),
});

export type DeciderConfigInput = z.input<typeof deciderSchema>;
export type DeciderConfig = z.output<typeof deciderSchema>;

/** Throws `InvalidInput` with every problem. */
export async function readDeciderConfig(file: string): Promise<DeciderConfig> {
  const result = deciderSchema.safeParse(await contentOf(file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new InvalidInput(file, problems);
}

async function contentOf(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInput(file, [{ path: '', message: `cannot be read as YAML or JSON: ${why}` }]);
  }
}
