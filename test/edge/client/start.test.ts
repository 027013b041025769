import { afterEach, describe, expect, it } from 'vitest';
import { listReleases, releaseStatus, startRelease, waitForRelease } from '../../../src/client.ts';
import { useTemporal } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';
import { checked } from './checked.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const longWatch = { watch: { forMs: 60_000 } };

describe('starting a release', () => {
  it('runs it to completed, and says when it is leveled', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked(longWatch));
    await world.work();
    const started = await startRelease(client, { spec: world.spec, by: 'ana', reason: 'weekly', requestId: 'r1' });
    expect(started).toMatchObject({ target: world.spec.target, version: '2.0.0', requestId: 'r1', already: false });
    const leveled = await waitForRelease(client, world.spec.target, { until: 'leveled', requestId: 'r1' });
    expect(leveled).toMatchObject({ phase: 'watch', outcome: null, by: 'ana', reason: 'weekly' });
    expect(world.versions()).toEqual(world.spec.servers.map(() => '2.0.0'));
  });

  it('twice with one request id starts one release, also after it has closed', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    await world.work();
    const request = { spec: world.spec, by: 'ana', requestId: 'same' };
    const [one, two] = await Promise.all([startRelease(client, request), startRelease(client, request)]);
    expect(one.runId).toBe(two.runId);
    expect([one.already, two.already].sort()).toEqual([false, true]);
    await waitForRelease(client, world.spec.target, { until: 'closed' });
    const again = await startRelease(client, request);
    expect(again).toMatchObject({ already: true, runId: one.runId });
  });

  it('is still not repeated when another release of the target came after it', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    await world.work();
    const { target } = world.spec;
    const first = await startRelease(client, { spec: world.spec, by: 'ana', requestId: 'first' });
    await waitForRelease(client, target, { until: 'closed' });
    await startRelease(client, { spec: world.spec, by: 'ana', requestId: 'second' });
    await waitForRelease(client, target, { until: 'closed', requestId: 'second' });
    await expect.poll(async () => (await listReleases(client, { target, requestId: 'first' })).length).toBe(1);
    expect(await startRelease(client, { spec: world.spec, by: 'ana', requestId: 'first' })).toMatchObject({
      already: true,
      runId: first.runId,
    });
    expect((await waitForRelease(client, target, { until: 'closed', requestId: 'first' })).requestId).toBe('first');
  });

  it('while another one is open is refused, with who started that and how to see it', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    const { target } = world.spec;
    await startRelease(client, { spec: world.spec, by: 'ana@desk', requestId: 'a' });
    const second = startRelease(client, { spec: world.spec, by: 'ben', requestId: 'b' });
    await expect(second).rejects.toMatchObject({
      code: 'targetBusy',
      message: expect.stringMatching(new RegExp(`started by ana@desk at .*\`gray status ${target}\``)),
    });
  });

  it('during a watch is refused with the way out, and --finish-watch takes it', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked(longWatch));
    await world.work();
    const { target } = world.spec;
    await startRelease(client, { spec: world.spec, by: 'ana', requestId: 'one' });
    await waitForRelease(client, target, { until: 'leveled' });
    const next = { spec: world.spec, by: 'ben', requestId: 'two' };
    await expect(startRelease(client, next)).rejects.toMatchObject({
      message: expect.stringContaining('--finish-watch'),
    });
    const started = await startRelease(client, { ...next, finishWatch: true });
    expect(started.already).toBe(false);
    expect(await waitForRelease(client, target, { until: 'closed', requestId: 'one' })).toMatchObject({
      outcome: 'completed',
    });
  });

  it('of an impossible plan or with a bad request is refused before anything starts', async () => {
    const { client } = temporal();
    world = new World(temporal(), checked());
    const tight = { ...world.spec, capacity: { maxLoad: 1.01 } };
    await expect(startRelease(client, { spec: tight, by: 'ana' })).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(startRelease(client, { spec: world.spec, by: '' })).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(releaseStatus(client, world.spec.target)).rejects.toMatchObject({ code: 'noRelease' });
  });
});
