import { afterEach, describe, expect, it } from 'vitest';
import { listReleases, releaseStatus, startRelease, waitForRelease, watchRelease } from '../../../src/client.ts';
import { useTemporal } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';
import { checked } from './checked.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneLongStage = { ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs: 60_000 }] } };

describe('the status of a release', () => {
  it('holds what the workflow knows and what its running activities say', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked(oneLongStage));
    await world.work();
    await startRelease(client, { spec: world.spec, by: 'ana' });
    await world.until(({ phase, stage }) => phase === 'ramp' && stage !== null);
    await expect
      .poll(async () => (await releaseStatus(client, world.spec.target)).activities, { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ name: 'observe', attempt: 1, progress: expect.anything() }));
    const status = await releaseStatus(client, world.spec.target);
    expect(status.stale).toBeUndefined();
    expect(status).toMatchObject({ phase: 'ramp', period: 'gray', shareBp: 1_000, stage: { number: 1, of: 1 } });
    // The workflow learns of a verdict when its observe ends, a minute from now; the heartbeat has it already.
    await expect
      .poll(async () => (await releaseStatus(client, world.spec.target)).verdict, { timeout: 10_000 })
      .toMatchObject({ kind: 'pass', evidence: [expect.objectContaining({ metric: 'errors' })] });
    expect((await world.status()).verdict).toBeNull();
  });

  it('comes within seconds without a worker, from what Temporal keeps, and says so', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked(oneLongStage));
    await world.work();
    await startRelease(client, { spec: world.spec, by: 'ana', reason: 'weekly' });
    await world.until(({ phase, shareBp }) => phase === 'ramp' && shareBp === 1_000);
    await world.stopWorker();
    const before = performance.now();
    const status = await releaseStatus(client, world.spec.target);
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(status.stale).toMatch(/no worker answers/);
    expect(status).toMatchObject({
      phase: 'ramp',
      period: 'gray',
      shareBp: 1_000,
      by: 'ana',
      reason: 'weekly',
      version: '2.0.0',
    });
  });

  it('of a closed release is its result, every server included', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    await world.work();
    const { runId } = await startRelease(client, { spec: world.spec, by: 'ana' });
    await waitForRelease(client, world.spec.target, { until: 'closed' });
    await world.stopWorker();
    const status = await releaseStatus(client, world.spec.target);
    expect(status).toMatchObject({ phase: 'closed', outcome: 'completed' });
    expect(status.servers.map(({ running }) => running?.version)).toEqual(world.spec.servers.map(() => '2.0.0'));
    expect(await releaseStatus(client, world.spec.target, runId)).toEqual(status);
  });

  it('of a run that was terminated says that nothing was cleaned up, and what to do', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked(oneLongStage));
    await world.work();
    await startRelease(client, { spec: world.spec, by: 'ana' });
    await world.until(({ phase }) => phase === 'ramp');
    await world.handle.terminate('test');
    const status = await releaseStatus(client, world.spec.target);
    expect(status).toMatchObject({ phase: 'closed', outcome: null });
    expect(status.stale).toMatch(/terminated from outside in phase ramp.*gray rollback/);
  });

  it('streams to the end', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    await world.work();
    await startRelease(client, { spec: world.spec, by: 'ana' });
    const phases: string[] = [];
    for await (const look of watchRelease(client, world.spec.target, { everyMs: 100 })) {
      if ('status' in look && phases.at(-1) !== look.status.phase) phases.push(look.status.phase);
    }
    expect(phases).toContain('ramp');
    expect(phases.at(-1)).toBe('closed');
  });

  it('is found by what it is about', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    await world.work();
    const { target } = world.spec;
    await startRelease(client, { spec: world.spec, by: 'ana', requestId: "it's" });
    await waitForRelease(client, target, { until: 'closed' });
    await expect
      .poll(async () => (await listReleases(client, { target, outcome: 'completed', requestId: "it's" })).length)
      .toBe(1);
    expect(await listReleases(client, { target, open: true })).toEqual([]);
    expect(await listReleases(client, { target: "x' OR '1'='1" })).toEqual([]);
  });
});

describe('waiting for a release', () => {
  it('ends in time, and the release goes on', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked(oneLongStage));
    await world.work();
    await startRelease(client, { spec: world.spec, by: 'ana' });
    await expect(
      waitForRelease(client, world.spec.target, { until: 'leveled', timeoutMs: 300, everyMs: 50 }),
    ).rejects.toMatchObject({ code: 'timedOut' });
    expect((await releaseStatus(client, world.spec.target)).outcome).toBeNull();
  });
});
