/** Who serves the two task queues. */
import type { Client } from '@temporalio/client';
import { GrayError } from '../domain/errors.ts';
import { controlQueue, workQueue } from '../domain/names.ts';
import { callMs, within } from './calls.ts';

export interface Poller {
  readonly identity: string;
  /** Epoch milliseconds; a poll lasts up to a minute, and Temporal forgets a poller after some minutes. */
  readonly lastSeenMs: number;
}

export interface Pollers {
  readonly workflows: readonly Poller[];
  readonly routing: readonly Poller[];
  readonly work: readonly Poller[];
}

/** A live worker polls at least once a minute. */
const silentMs = 70_000;

/** The pollers seen in the last minute or so, per kind of work. */
export async function workersSeen(client: Client): Promise<Pollers> {
  const [workflows, routing, work] = await Promise.all([
    pollers(client, controlQueue, taskQueueType.workflow),
    pollers(client, controlQueue, taskQueueType.activity),
    pollers(client, workQueue, taskQueueType.activity),
  ]);
  return { workflows, routing, work };
}

/** The numbers of Temporal's TaskQueueType. */
const taskQueueType = { workflow: 1, activity: 2 } as const;

async function pollers(client: Client, name: string, type: 1 | 2): Promise<Poller[]> {
  const { namespace } = client.options;
  const answer = await within(client, callMs, () =>
    client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType: type }),
  );
  return (answer.pollers ?? [])
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? 'unknown',
      lastSeenMs: Number(lastAccessTime?.seconds ?? 0) * 1000,
    }))
    .filter(({ lastSeenMs }) => Date.now() - lastSeenMs < silentMs);
}

/** The error for work that nobody took, told apart by whether a worker was seen at all. */
export async function noWorker(client: Client, text: string): Promise<GrayError> {
  const { workflows } = await workersSeen(client);
  const seen = workflows.map(({ identity }) => identity);
  const who = seen.length === 0 ? 'no worker serves the queue' : `last seen: ${seen.join(', ')}`;
  return new GrayError('noWorker', `${text} (${who})`, { details: { seen } });
}
