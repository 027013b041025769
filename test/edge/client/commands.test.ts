import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  abortRelease,
  approveStage,
  excludeServer,
  finishWatch,
  listReleases,
  pauseRelease,
  releaseStatus,
  resumeRelease,
  retryRelease,
  rollbackRelease,
  skipHold,
  startRelease,
  waitForRelease,
} from '../../../src/client.ts';
import type { ReleaseMode } from '../../../src/domain/spec.ts';
import { baseBuild } from '../../support/release-spec.ts';
import { useTemporal } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';
import { checked } from './checked.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const ana = { by: 'ana', reason: 'test' };
const stages = (holdMs: number, change = {}) => ({
  ramp: { patience: 30, stages: [{ shareBp: 1_000, holdMs, ...change }] },
});

async function startedWith(change: ConstructorParameters<typeof World>[1], mode: ReleaseMode = 'release') {
  world = new World(temporal(), checked(change));
  await world.work();
  await startRelease(temporal().client, { spec: world.spec, mode, by: 'ana' });
  return { client: temporal().client, target: world.spec.target };
}

describe('an operator command from code', () => {
  it('pauses, resumes and skips, and a repeat with the same id does nothing twice', async () => {
    const { client, target } = await startedWith(stages(60_000));
    await world.until(({ phase, stage }) => phase === 'ramp' && stage?.clock !== null);
    expect(await pauseRelease(client, target, ana)).toMatchObject({ answer: 'done' });
    expect(await pauseRelease(client, target, ana)).toMatchObject({ answer: 'already' });
    expect(await resumeRelease(client, target, ana)).toMatchObject({ answer: 'done' });
    await world.until(({ stage }) => stage?.clock?.sinceMs != null);
    const skip = { ...ana, requestId: 'skip-1' };
    const first = await skipHold(client, target, skip);
    expect(first.answer).toBe('done');
    expect(await skipHold(client, target, skip)).toEqual(first);
  });

  it('approves a gate and ends a watch', async () => {
    const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
    const { client, target } = await startedWith({ ...stages(200, { approval }), watch: { forMs: 60_000 } });
    await world.until(({ gate }) => gate !== null);
    await expect(approveStage(client, target, 2, ana)).rejects.toMatchObject({ code: 'refusedCommand' });
    expect(await approveStage(client, target, 1, ana)).toMatchObject({ answer: 'done' });
    await waitForRelease(client, target, { until: 'leveled' });
    await finishWatch(client, target, ana);
    expect(await waitForRelease(client, target, { until: 'closed' })).toMatchObject({ outcome: 'completed' });
  });

  it('that is refused tells the sentence of the release', async () => {
    const { client, target } = await startedWith(stages(60_000));
    await world.until(({ phase }) => phase === 'ramp');
    await expect(finishWatch(client, target, ana)).rejects.toMatchObject({
      code: 'refusedCommand',
      message: expect.stringContaining('only a watch can be finished; the release is in stage 1 of the ramp'),
    });
    await expect(retryRelease(client, target, ana)).rejects.toMatchObject({ code: 'refusedCommand' });
    await expect(excludeServer(client, target, 's3', ana)).rejects.toMatchObject({ code: 'refusedCommand' });
  });

  it('to no release at all, or to a closed one, says so', async () => {
    const { client, target } = await startedWith(stages(200));
    await waitForRelease(client, target, { until: 'closed' });
    await expect(pauseRelease(client, target, ana)).rejects.toMatchObject({
      code: 'noRelease',
      message: expect.stringContaining('is closed: completed'),
    });
    await expect(pauseRelease(client, 'nobody', ana)).rejects.toMatchObject({ code: 'noRelease' });
  });

  it('without a worker fails with who was seen last, within its limit', async () => {
    world = new World(temporal(), checked());
    const { client } = temporal();
    await startRelease(client, { spec: world.spec, by: 'ana' });
    const before = performance.now();
    await expect(pauseRelease(client, world.spec.target, { ...ana, timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'noWorker',
    });
    expect(performance.now() - before).toBeLessThan(8_000);
  });
});

describe('abort', () => {
  it('in mid-ramp takes users off gray and ends aborted', async () => {
    const { client, target } = await startedWith(stages(60_000));
    await world.until(({ phase, shareBp }) => phase === 'ramp' && shareBp === 1_000);
    expect(await abortRelease(client, target, ana)).toMatchObject({ answer: 'done' });
    expect(await waitForRelease(client, target, { until: 'closed' })).toMatchObject({ outcome: 'aborted' });
    expect(world.versions()).toEqual(world.spec.servers.map(() => '1.0.0'));
  });

  it('falls back to the Signal when no worker is up, and the next worker carries it out once', async () => {
    const { client, target } = await startedWith(stages(60_000));
    await world.until(({ phase, shareBp }) => phase === 'ramp' && shareBp === 1_000);
    await world.stopWorker();
    const before = performance.now();
    const reply = await abortRelease(client, target, { ...ana, requestId: 'stop-it' });
    expect(reply.answer).toBe('signalled');
    expect(performance.now() - before).toBeLessThan(6_000);
    expect((await releaseStatus(client, target)).stale).toBeDefined();
    await world.work();
    const status = await waitForRelease(client, target, { until: 'closed' });
    expect(status).toMatchObject({ outcome: 'aborted', stop: { by: 'ana', reason: 'test' } });
    expect(status.journal.filter(({ text }) => text.startsWith('abort: '))).toHaveLength(1);
  });
});

describe('rollback', () => {
  it('of an open release is a command to it', async () => {
    const { client, target } = await startedWith(stages(60_000));
    await world.until(({ phase }) => phase === 'ramp');
    expect(await rollbackRelease(client, target, ana)).toMatchObject({ answer: 'done' });
    expect(await waitForRelease(client, target, { until: 'closed' })).toMatchObject({ outcome: 'rolledBack' });
    expect(await rollbackRelease(client, target, ana)).toMatchObject({ answer: 'already' });
  });

  it('of a closed release starts a run that returns every server to base, once per request', async () => {
    const { client, target } = await startedWith(stages(200));
    await waitForRelease(client, target, { until: 'closed' });
    const back = { ...ana, requestId: 'back' };
    const reply = await rollbackRelease(client, target, back);
    expect(reply).toMatchObject({ answer: 'started', already: false });
    const status = await waitForRelease(client, target, { until: 'closed', requestId: 'back' });
    expect(status).toMatchObject({ mode: 'rollback', outcome: 'rolledBack' });
    expect(world.versions()).toEqual(world.spec.servers.map(() => '1.0.0'));
    expect(await rollbackRelease(client, target, back)).toMatchObject({ answer: 'started', already: true });
  });

  it('looks past a rehearsal to the release that changed servers', async () => {
    const { client, target } = await startedWith(stages(200));
    await waitForRelease(client, target, { until: 'closed' });
    await startRelease(client, { spec: world.spec, mode: 'rehearsal', by: 'ana', requestId: 'rehearsal' });
    const rehearsed = await waitForRelease(client, target, { until: 'closed', requestId: 'rehearsal' });
    expect(rehearsed.outcome).toBe('rehearsed');
    await vi.waitFor(async () =>
      expect(await listReleases(client, { target, outcome: 'rehearsed' })).toMatchObject([
        { mode: 'rehearsal', falseRollbacks: 0 },
      ]),
    );
    await rollbackRelease(client, target, { ...ana, requestId: 'back-3' });
    await waitForRelease(client, target, { until: 'closed', requestId: 'back-3' });
    expect(world.versions()).toEqual(world.spec.servers.map(() => '1.0.0'));
  });

  it('does not undo the release before a rehearsal that was lost, and says the way out', async () => {
    const { client, target } = await startedWith({ ...stages(60_000), artifact: baseBuild }, 'rehearsal');
    const { rehearsed } = await world.until(({ stage }) => stage?.clock != null);
    expect(rehearsed).toEqual({ falseRollbacks: 0, latest: [] });
    await world.handle.terminate('by hand');
    await expect(rollbackRelease(client, target, ana)).rejects.toThrow(/lost rehearsal.*gray abort --direct/);
    expect((await releaseStatus(client, target)).stale).toMatch(/same rehearsal again/);
  });

  it('of a target that has only rehearsed asks for the release file', async () => {
    const { client, target } = await startedWith({ ...stages(200), artifact: baseBuild }, 'rehearsal');
    await waitForRelease(client, target, { until: 'closed' });
    await expect(rollbackRelease(client, target, ana)).rejects.toThrow('only rehearsals');
  });

  it('still finds the release to undo when a later one was refused', async () => {
    const { client, target } = await startedWith(stages(200));
    await waitForRelease(client, target, { until: 'closed' });
    const missing = { ...world.spec, artifact: { version: '3.0.0', digest: `sha256:${'3'.repeat(64)}` } };
    world.fleet.lose(missing.artifact.digest);
    await startRelease(client, { spec: missing, by: 'ana', requestId: 'refused' });
    const refused = await waitForRelease(client, target, { until: 'closed', requestId: 'refused' });
    expect(refused.outcome).toBe('refused');
    await rollbackRelease(client, target, { ...ana, requestId: 'back-2' });
    await waitForRelease(client, target, { until: 'closed', requestId: 'back-2' });
    expect(world.versions()).toEqual(world.spec.servers.map(() => '1.0.0'));
  });
});
