/** Starts the load as a process of its own, so that nobody else's work disturbs its pace. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { nodeScript } from '../processes/node-script.ts';
import { defaultLoad, type LoadOptions } from './options.ts';
import type { LoadCounts, LoadSecond, LoadSummary } from './tally.ts';

export interface LoadHandle {
  readonly pid: number;
  /** The newest second and the totals so far; nulls and zeros before the first second is over. */
  stats(): LoadStats;
  /** Every second so far, oldest first; at most the last hour. */
  seconds(): readonly LoadSecond[];
  /** Ends sending, waits for the open requests and returns the final counts. Repeats return the same. */
  stop(): Promise<LoadSummary>;
}

export interface LoadStats extends LoadCounts {
  readonly last: LoadSecond | null;
}

type LoadLine = LoadSecond | { readonly summary: LoadSummary };

const maxSeconds = 3_600;
const noCounts: LoadCounts = { sent: 0, answered: 0, lost: 0, errors: 0 };
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

export function startLoad(asked: Pick<LoadOptions, 'url'> & Partial<LoadOptions>): LoadHandle {
  const script = nodeScript(main, [JSON.stringify({ ...defaultLoad, ...asked })]);
  const child = execa(script.command, script.args, { stdio: 'pipe', buffer: false, reject: false });
  const heard = hear(child.stdout);
  const words = collect(child.stderr);
  const { seconds } = heard;
  return {
    pid: child.pid ?? 0,
    stats: () => ({ ...(seconds.at(-1)?.total ?? noCounts), last: seconds.at(-1) ?? null }),
    seconds: () => seconds,
    stop: async () => {
      child.stdin?.end();
      const summary = await heard.summary;
      await child;
      if (summary === null) throw new Error(`the load process ended without a summary: ${(await words).trim()}`);
      return summary;
    },
  };
}

function hear(stdout: Readable | null): { seconds: LoadSecond[]; summary: Promise<LoadSummary | null> } {
  const seconds: LoadSecond[] = [];
  const listen = async () => {
    for await (const text of stdout ? createInterface(stdout) : []) {
      const line: LoadLine = JSON.parse(text);
      if ('summary' in line) return line.summary;
      seconds.push(line);
      if (seconds.length > maxSeconds) seconds.shift();
    }
    return null;
  };
  return { seconds, summary: listen() };
}

async function collect(stream: Readable | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text = `${text}${chunk}`.slice(-4_000);
  return text;
}
