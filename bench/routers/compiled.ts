/**
 * A TypeScript file compiled as it is shipped: tsx, which runs the benchmark, gives every function its name anew each
 * time one is made, which costs a router a fifth of its speed.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface Compiled {
  readonly script: string;
  remove(): Promise<void>;
}

/** Where imports of packages still find them. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

export async function compiled(entry: string): Promise<Compiled> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'gray-bench-'));
  const output = { entryFileNames: 'main.mjs' };
  await build({
    ...{ configFile: false, logLevel: 'silent' },
    build: { ssr: entry, outDir: folder, minify: false, target: 'node20', rollupOptions: { output } },
  });
  return {
    script: join(folder, 'main.mjs'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
