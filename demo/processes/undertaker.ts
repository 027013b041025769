/**
 * Ends what the demo started, whatever became of the demo. A process of its own, away from the terminal: it is told of
 * every process group and server folder on standard input, and acts when that ends, which happens even when the demo is killed.
 */
import { createInterface } from 'node:readline';
import { endAll, note, type Started } from './burial.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const started: Started = { groups: new Set(), folders: new Set() };
for await (const line of createInterface(process.stdin)) note(started, JSON.parse(line));
await endAll(started);
