/** What the last full run measured, kept beside its page so that the tables can be made anew at any time. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { deployerKinds } from '../../test/support/site/deployers.ts';

const rowSchema = z.strictObject({
  /** Milliseconds from a write to its confirmation, under load. */
  setP50: z.number(),
  setP95: z.number(),
  bareP50: z.number(),
  bareP95: z.number(),
  requests: z.int(),
  lost: z.int(),
  changes: z.int(),
  mismatches: z.int(),
  torn: z.int(),
  stale: z.int(),
});

const wholeSchema = z.strictObject({
  router: z.string(),
  deployer: z.enum(deployerKinds),
  outcome: z.string(),
  requests: z.int(),
  lost: z.int(),
  seconds: z.number(),
});

const schema = z.strictObject({
  routers: z.record(z.string(), rowSchema),
  whole: z.array(wholeSchema).default([]),
  overhead: z.strictObject({
    library: z.number(),
    careful: z.number(),
    embedded: z.number(),
    toLibrary: z.number(),
    toCareful: z.number(),
  }),
});

export type WholeRelease = z.output<typeof wholeSchema>;
export type Row = z.output<typeof rowSchema>;
export type LastRun = z.output<typeof schema>;

const file = new URL('../../docs/routers-benchmark.json', import.meta.url);

export const lastRun = (): LastRun | null =>
  existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;

export const lastRunFile = file;
