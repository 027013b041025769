/** Users, as a process of their own: a client that never retries, over kept and fresh connections. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeScript } from '../../demo/processes/node-script.ts';
import type { Asked, LoadOrder } from './load/order.ts';

export interface Load {
  /** Every request so far, in the order of their ends. */
  readonly asked: readonly Asked[];
  /** Until this many requests were asked in all. */
  until(requests: number): Promise<void>;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('load/main.ts', import.meta.url));

export function startLoad(order: LoadOrder): Load {
  const { command, args } = nodeScript(main, [JSON.stringify(order)]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const asked: Asked[] = [];
  let gone = false;
  child.on('message', (batch: Asked[]) => asked.push(...batch));
  const ended = once(child, 'exit').then(() => {
    gone = true;
  });
  return {
    asked,
    until: async (requests) => {
      while (asked.length < requests) {
        if (gone) throw new Error('the load process ended by itself');
        await sleep(20);
      }
    },
    stop: async () => {
      if (!gone) child.send('stop');
      await ended;
    },
  };
}
