import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { useTemporal } from '../support/temporal.ts';
import { broken, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 30, stages: [{ shareBp: 1_000, holdMs, ...change }] },
});

async function startAndWait(wanted: Parameters<World['until']>[0]) {
  await world.work();
  await world.start();
  return world.until(wanted);
}

describe('a disturbance', () => {
  it('at the router is noticed: the whole state is set and confirmed again, and the stage goes on', async () => {
    world = new World(temporal(), oneStage(3_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.restart();
    await world.until(({ journal }) => journal.some(({ text }) => text.includes('reloaded or restarted')));
    expect((await world.result()).outcome).toBe('completed');
  });

  it('by hand is put right', async () => {
    world = new World(temporal(), oneStage(3_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.drift((route) => ({ ...route, split: { ...route.split, shareBp: 9_000 } }));
    await world.until(({ journal }) => journal.some(({ text }) => text.includes('changed by hand')));
    await expect.poll(async () => (await world.router.read()).route.split.shareBp).toBe(1_000);
    expect((await world.result()).outcome).toBe('completed');
  });

  it('by hand is left where the file says hold: paused and shown, until resume sets the route again', async () => {
    const exception = { policy: 'rollback', holdForMs: 20_000, drainMs: 300, onDrift: 'hold' } as const;
    world = new World(temporal(), { ...oneStage(3_000), exception });
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.drift((route) => ({ ...route, split: { ...route.split, shareBp: 9_000 } }));
    const { paused, stage, may } = await world.until((status) => status.paused !== null);
    expect(paused).toMatchObject({
      by: 'gray-release',
      reason: expect.stringContaining('changed by hand; resume sets'),
    });
    expect(stage?.clock?.sinceMs).toBeNull();
    expect(may).toContain('resume');
    const writes = world.routes.length;
    await sleep(1_500);
    expect(world.routes.length).toBe(writes);
    await world.send('resume');
    await expect.poll(async () => (await world.router.read()).route.split.shareBp).toBe(1_000);
    expect((await world.result()).outcome).toBe('completed');
  });

  it('by hand that is left does not hide a fail', async () => {
    const exception = { policy: 'rollback', holdForMs: 20_000, drainMs: 300, onDrift: 'hold' } as const;
    world = new World(temporal(), { ...oneStage(60_000), exception });
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.drift((route) => ({ ...route, split: { ...route.split, shareBp: 9_000 } }));
    await world.until((status) => status.paused !== null);
    world.metrics.set('*', 'gray', broken);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect((await world.router.read()).route).toMatchObject({ period: 'normal', split: { shareBp: 0 } });
  });

  it('by a writer with a higher fence ends the way forward, and the rollback takes a higher one', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    const { route } = await world.router.read();
    await world.router.apply({
      ...route,
      fence: 1_000,
      release: 'operator',
      period: 'exception',
      split: { ...route.split, shareBp: 0, alwaysGray: [] },
    });
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(world.routes.at(-1)?.fence).toBeGreaterThan(1_000);
    expect(Math.max(...world.routes.filter(({ fence }) => fence > 1_000).map(({ split }) => split.shareBp))).toBe(0);
  });

  it('of a gray server that dies lowers the share to what fits, and its return is verified before the share', async () => {
    world = new World(temporal(), {
      ...oneStage(2_500),
      ramp: { patience: 3, stages: [{ shareBp: 3_000, holdMs: 2_500 }] },
    });
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.setUp('s1', false);
    const less = await world.until(({ shareBp, stage }) => shareBp < 3_000 && stage?.clock?.sinceMs === null);
    expect(less.shareBp).toBe(1_875);
    world.router.setUp('s1', true);
    await world.until(({ shareBp }) => shareBp === 3_000);
    expect((await world.result()).outcome).toBe('completed');
  });

  it('by a reply lost after the router applied changes nothing', async () => {
    world = new World(temporal(), oneStage(500));
    for (const call of [1, 3, 5]) world.faulty.inject({ method: 'apply', call, at: 'after' });
    expect((await world.run()).outcome).toBe('completed');
    const fences = world.routes.map(({ fence }) => fence);
    expect([...fences].sort((a, b) => a - b)).toEqual(fences);
  });

  it('by a router that never confirms leads to the exception period', async () => {
    world = new World(temporal(), { ...oneStage(500) });
    world.router.versionOf = () => 'somebody else';
    await world.work();
    await world.start();
    await world.until(({ phase }) => phase === 'grayVerification');
    await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(status.journal.some(({ text }) => text.startsWith('not confirmed'))).toBe(true);
  });
});

describe('a worker that is gone', () => {
  it('and replaced in every phase changes nothing about the outcome', async () => {
    world = new World(temporal(), { ...oneStage(1_000), watch: { forMs: 1_500 } });
    await world.work();
    await world.start();
    for (const phase of ['ramp', 'leveling', 'watch']) {
      await world.until((status) => status.phase === phase);
      await world.stopWorker();
      await world.work();
    }
    expect((await world.result()).outcome).toBe('completed');
  });
});
