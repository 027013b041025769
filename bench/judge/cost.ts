/**
 * What a verdict costs, compiled as it is shipped: tsx, which runs this benchmark, gives every function its name anew
 * each time one is made, and that takes longer than the arithmetic.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { type Cost, day, names } from './cost-run.ts';
import type { Section } from './section.ts';

export async function cost(repeats: number): Promise<Section> {
  const { verdictMs, bytesAfterHour, bytesAfterDay } = await compiled(repeats);
  const kilobytes = (bytes: number) => (bytes / 1_000).toFixed(1);
  return {
    title: 'What it costs',
    lines: [
      `A verdict over ${day} intervals of ${names.length} metrics takes ${verdictMs.toFixed(0)} ms. What is remembered is ${kilobytes(bytesAfterDay)} kB of JSON after`,
      `a day and ${kilobytes(bytesAfterHour)} kB after an hour.`,
    ],
    figures: [
      { name: 'verdict over a day of 5 metrics', value: verdictMs, unit: 'ms', atMost: 20 },
      { name: 'memory after a day ÷ after an hour', value: bytesAfterDay / bytesAfterHour, unit: '', atMost: 1.1 },
    ],
  };
}

async function compiled(repeats: number): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'gray-bench-judge-'));
  try {
    const entry = fileURLToPath(new URL('cost-run.ts', import.meta.url));
    const rollupOptions = { output: { entryFileNames: 'cost-run.mjs' } };
    await build({
      ...{ configFile: false, logLevel: 'silent' },
      build: { ssr: entry, outDir: folder, minify: false, rollupOptions },
    });
    const run: typeof import('./cost-run.ts') = await import(pathToFileURL(join(folder, 'cost-run.mjs')).href);
    return run.measureCost(repeats);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
