/** The worker of the demo: one at a time, and each can be killed. */
import { fileURLToPath } from 'node:url';
import type { Crew, Member } from '../processes/crew.ts';
import { nodeScript } from '../processes/node-script.ts';

export interface Workers {
  /** SIGKILL to the running one; a new one starts at once, and is not waited for. */
  replace(): Promise<void>;
}

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Resolves when the first worker serves. */
export async function startWorkers(crew: Crew, env: Readonly<Record<string, string>>): Promise<Workers> {
  const start = (number: number, ready: (output: string) => boolean): Promise<Member> =>
    crew.start({ name: `worker-${number}`, ...nodeScript(cli, ['worker']), env: { ...process.env, ...env }, ready });
  let number = 1;
  let worker = await start(number, (output) => output.includes('worker is ready'));
  return {
    replace: async () => {
      await worker.kill('SIGKILL');
      number += 1;
      worker = await start(number, () => true);
    },
  };
}
