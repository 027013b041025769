/** What a deploy program may answer, checked; examples/command-deployer/ holds one that does. */
import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors.ts';

const artifact = z.strictObject({ version: z.string(), digest: z.string(), source: z.string().exactOptional() });

const refusals = [
  'staleFence',
  'serverLocked',
  'artifactMissing',
  'deployFailed',
] as const satisfies readonly ErrorCode[];

/** The program could not do it; `seen` is the fence it knows, for `staleFence`. */
export const refusalAnswer = z.strictObject({
  error: z.strictObject({ code: z.enum(refusals), message: z.string(), seen: z.int().nonnegative().exactOptional() }),
});

/** Version and digest are not part of it: those are asked of the running process itself. */
export const readAnswer = z.strictObject({
  base: z.strictObject({ artifact, release: z.string() }).nullable(),
  fence: z.int().nonnegative(),
});

export const deployAnswer = z.strictObject({ ok: z.literal(true) });

export const availableAnswer = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
]);
