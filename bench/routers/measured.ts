/** What the last full run measured, kept beside its page so that the tables can be made anew at any time. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

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

const schema = z.strictObject({
  routers: z.record(z.string(), rowSchema),
  overhead: z.strictObject({
    library: z.number(),
    careful: z.number(),
    embedded: z.number(),
    toLibrary: z.number(),
    toCareful: z.number(),
  }),
});

export type Row = z.output<typeof rowSchema>;
export type LastRun = z.output<typeof schema>;

const file = new URL('../../docs/routers-benchmark.json', import.meta.url);

export const lastRun = (): LastRun | null =>
  existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;

export const lastRunFile = file;
