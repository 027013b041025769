/** One try: a release brought to where it shall be aborted, and the abort. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { memoryFleet } from '../../src/adapters/deployer/memory-fleet.ts';
import { abortRelease, startRelease } from '../../src/client.ts';
import { workflowIdOf } from '../../src/domain/names.ts';
import type { Status } from '../../src/domain/status.ts';
import { type Left, whenUsersLeft } from './leaving.ts';
import type { Site } from './site.ts';

const lookEveryMs = 100;
const longestMs = 60_000;

export const handleOf = (client: Client, { spec }: Site): WorkflowHandle =>
  client.workflow.getHandle(workflowIdOf(spec.target));

/** The router confirmed the share, the clock of stage 1 runs, a worker holds observe. */
export async function bringToRamp(client: Client, site: Site): Promise<void> {
  await startRelease(client, { spec: site.spec, by: 'bench' });
  const handle = handleOf(client, site);
  await until(async () => {
    const { phase, stage } = await handle.query<Status>('status');
    return phase === 'ramp' && stage?.clock != null && (await isObserved(handle));
  });
}

async function isObserved(handle: WorkflowHandle): Promise<boolean> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).some(
    ({ activityType, lastStartedTime }) => activityType?.name === 'observe' && lastStartedTime != null,
  );
}

/** Servers are level up to the one before `stuckAt`, which is out of rotation and hangs in its deployment. */
export async function bringToLeveling(client: Client, site: Site, stuckAt: string): Promise<void> {
  memoryFleet(site.spec.target).inject(stuckAt, { kind: 'hang', digest: site.spec.artifact.digest });
  await startRelease(client, { spec: site.spec, by: 'bench' });
  await until(async () => {
    const { phase, servers } = await handleOf(client, site).query<Status>('status');
    return phase === 'leveling' && servers.some(({ id, arm }) => id === stuckAt && arm === 'out');
  });
  await sleep(500);
}

export interface Aborted extends Left {
  /** From sending the abort until the router was proven to send nobody more to gray than it must. */
  readonly tookMs: number;
}

/** Returns after the rollback that follows, which is no part of the measurement. */
export async function abort(client: Client, site: Site): Promise<Aborted> {
  const sentMs = Date.now();
  await abortRelease(client, site.spec.target, { by: 'bench' });
  const { outcome }: Status = await handleOf(client, site).result();
  if (outcome !== 'aborted') throw new Error(`the release of ${site.spec.target} ended as ${outcome}`);
  const left = await whenUsersLeft(handleOf(client, site));
  return { ...left, tookMs: left.atMs - sentMs };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + longestMs;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not within ${longestMs} ms`);
    await sleep(lookEveryMs);
  }
}
