/**
 * Ends what the demo started, whatever became of the demo. A process of its own, away from the terminal: it is told of
 * every process group on standard input, and acts when that ends, which happens even when the demo is killed.
 *
 * Lines: `{"add": pid}`, `{"gone": pid}`, `{"servers": dir}` (a folder of the process deployer).
 */
import { createInterface } from 'node:readline';
import { endGroups } from './groups.ts';
import { endServers } from './servers.ts';

export type Word = { readonly add: number } | { readonly gone: number } | { readonly servers: string };

const graceMs = 3_000;
const groups = new Set<number>();
const folders = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface(process.stdin)) {
  const word: Word = JSON.parse(line);
  if ('add' in word) groups.add(word.add);
  else if ('gone' in word) groups.delete(word.gone);
  else folders.add(word.servers);
}

// First those that start others; then nobody is left to start a server after the list of servers was read.
await endGroups([...groups].reverse(), graceMs);
for (const folder of folders) await endServers(folder);
