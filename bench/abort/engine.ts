/** A Temporal server, workers as processes of their own, and what they deploy to. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { type Crew, createCrew, type Member } from '../../demo/processes/crew.ts';
import { nodeScript } from '../../demo/processes/node-script.ts';
import { openTemporal } from '../../demo/stage/temporal.ts';
import { portOf } from '../../test/support/ports.ts';
import { openDesk } from './deploy-desk.ts';
import { close } from './servers.ts';
import type { WorkerOrder } from './worker-order.ts';

export interface Engine {
  readonly folder: string;
  readonly crew: Crew;
  readonly client: Client;
  startWorker(): Promise<Member>;
  end(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function startEngine(say: (line: string) => void): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'gray-bench-'));
  const crew = createCrew(folder);
  const [temporal, desk] = await Promise.all([openTemporal(folder, say), openDesk()]);
  const order: WorkerOrder = {
    desk: `http://127.0.0.1:${portOf(desk)}`,
    workflows: await bundle(here('../../workflows/index.ts'), join(folder, 'workflows.js')),
    baseline: await bundle(here('baseline.ts'), join(folder, 'baseline.js')),
  };
  let workers = 0;
  return {
    ...{ folder, crew, client: temporal.client },
    startWorker: () => {
      workers += 1;
      return crew.start({
        name: `worker-${workers}`,
        ...nodeScript(here('worker.ts'), [JSON.stringify(order)]),
        env: { ...process.env, ...temporal.env },
        ready: (output) => output.includes('worker is ready'),
      });
    },
    end: async () => {
      await crew.end();
      await temporal.close();
      await close(desk);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bundle(workflowsPath: string, file: string): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  await writeFile(file, code);
  return file;
}
