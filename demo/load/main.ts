/**
 * The load process: `main.ts '<LoadOptions as JSON>'`. One JSON line a second on standard output, and a last one,
 * `{"summary": …}`, after SIGTERM or the end of standard input (so it never outlives the process that started it).
 */
import type { LoadOptions } from './options.ts';
import { runLoad } from './run.ts';

const stop = new AbortController();
const end = () => stop.abort();
process.on('SIGTERM', end);
// Ctrl-C reaches the whole terminal group; the parent decides when the load ends.
process.on('SIGINT', () => {});
process.stdin.on('end', end).on('error', end).resume();
process.stdout.on('error', end);

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const options: LoadOptions = JSON.parse(process.argv[2] ?? '{}');
const summary = await runLoad(options, stop.signal, print);
print({ summary });
process.stdin.destroy();
