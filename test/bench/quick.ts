/** Runs a benchmark as a user would, but small, and reads its last line. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { nodeScript } from '../../demo/processes/node-script.ts';

const bound = z.strictObject({ atMost: z.number().optional(), atLeast: z.number().optional() });
const report = z.strictObject({
  bench: z.string(),
  figures: z.record(z.string(), z.number()),
  bounds: z.record(z.string(), bound),
  ok: z.boolean(),
});

export interface QuickRun {
  readonly report: z.output<typeof report>;
  readonly exitCode: number;
}

/** Throws, with the output, when the last line is no report. */
export async function runQuickly(name: string, more: readonly string[] = []): Promise<QuickRun> {
  const script = fileURLToPath(new URL(`../../bench/${name}.ts`, import.meta.url));
  const { command, args } = nodeScript(script, ['--quick', ...more]);
  // A user's shell knows nothing of vitest.
  const env = { ...process.env, VITEST: undefined };
  const order = { reject: false, timeout: 170_000, env, extendEnv: false } as const;
  const { stdout, stderr, exitCode = 1 } = await execa(command, args, order);
  try {
    return { report: report.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')), exitCode };
  } catch (cause) {
    throw new Error(`no report of bench:${name}:\n${stdout}\n${stderr}`, { cause });
  }
}
