/** The worker of the demo: one at a time, and each can be killed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { Crew, Member } from '../processes/crew.ts';
import { nodeScript } from '../processes/node-script.ts';

export interface Workers {
  /** SIGKILL to the running one; a new one starts at once, and is not waited for. */
  replace(): Promise<void>;
  /** The log of a worker that left by itself; null while all is well. */
  gone(): string | null;
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundled once, so that a worker that takes over is there soon. */
export async function bundleWorkflows(folder: string): Promise<string> {
  const logger = new DefaultLogger('WARN', () => {});
  const { code } = await bundleWorkflowCode({ workflowsPath: at('../../workflows/index.ts'), logger });
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return file;
}

export interface WorkersOrder {
  readonly crew: Crew;
  readonly bundle: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Resolves when the first worker serves. */
export async function startWorkers({ crew, bundle, env }: WorkersOrder): Promise<Workers> {
  const script = nodeScript(at('../../src/cli/main.ts'), ['worker', '--workflow-bundle', bundle]);
  const killed = new WeakSet<Member>();
  let number = 0;
  let gone: string | null = null;
  const start = async (ready: (output: string) => boolean): Promise<Member> => {
    number += 1;
    const member = await crew.start({ name: `worker-${number}`, ...script, env: { ...process.env, ...env }, ready });
    void member.exited.then(() => {
      if (!killed.has(member)) gone = member.log;
    });
    return member;
  };
  let worker = await start((output) => output.includes('worker is ready'));
  const replace = async () => {
    killed.add(worker);
    await worker.kill('SIGKILL');
    worker = await start(() => true);
  };
  return { replace, gone: () => gone };
}
