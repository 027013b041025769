/** Temporal: reachable, our search attributes there, a worker on both queues. */
import type { Client } from '@temporalio/client';
import { callMs, within } from '../client/calls.ts';
import { connect } from '../client/connect.ts';
import { findRun } from '../client/facts.ts';
import { missingSearchAttributes } from '../client/search-attributes.ts';
import { type Poller, workersSeen } from '../client/workers.ts';
import type { TemporalConfig } from '../config.ts';
import { type Finding, fail, ok } from './finding.ts';

export interface TemporalFound {
  readonly findings: readonly Finding[];
  /** Whether a release of the target is open; null when it cannot be known. */
  readonly open: boolean | null;
}

/** Throws what `connect` throws. */
export async function examineTemporal(config: TemporalConfig, target: string): Promise<TemporalFound> {
  const client = await connect({ temporal: config });
  try {
    await within(client, callMs, () => client.workflowService.describeNamespace({ namespace: config.namespace }));
    const findings = [
      ok('temporal', `${config.address} answers, namespace ${config.namespace} is there`),
      await searchAttributes(client, config),
      ...(await workers(client)),
    ];
    return { findings, open: (await findRun(client, target))?.facts.run === 'open' };
  } finally {
    await client.connection.close();
  }
}

async function searchAttributes(client: Client, { namespace }: TemporalConfig): Promise<Finding> {
  const missing = await missingSearchAttributes(client.connection, namespace);
  if (missing.length === 0) return ok('temporal', 'search attributes are registered');
  return fail('temporal', `search attributes missing: ${missing.join(', ')}`, 'gray search-attributes register');
}

async function workers(client: Client): Promise<Finding[]> {
  const { workflows, routing, work } = await workersSeen(client);
  return [
    queue('workflows and decisions', workflows),
    queue('routing', routing),
    queue('deployment, checks and observing', work),
  ];
}

const queue = (what: string, pollers: readonly Poller[]): Finding =>
  pollers.length > 0
    ? ok('worker', `${what}: ${pollers.map(({ identity }) => identity).join(', ')}`)
    : fail('worker', `no worker for ${what}`, 'gray worker (or gray dev on one machine)');
