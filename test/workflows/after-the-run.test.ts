import { afterEach, describe, expect, it } from 'vitest';
import { releaseSpec } from '../support/release-spec.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 30, stages: [{ shareBp: 500, holdMs, ...change }] },
});
const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
const sharesFrom = (from: number) => world.routes.slice(from).map(({ split }) => split.shareBp);

async function startAndWait(wanted: Parameters<World['until']>[0]) {
  await world.work();
  await world.start();
  return world.until(wanted);
}

describe('a rollback after the run', () => {
  const back = { mode: 'rollback', requestId: 'back', by: 'ana', reason: 'terminated' } as const;
  const base = { version: '1.0.0', digest: `sha256:${'1'.repeat(64)}` };

  it('brings a router back to normal that was left in another period, although every server is on base', async () => {
    world = new World(temporal());
    world.router.drift((route) => ({ ...route, period: 'exception' }));
    await world.work();
    await world.start(back);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(world.routes.at(-1)).toMatchObject({ period: 'normal', split: { shareBp: 0 } });
  });

  it('sends nobody to gray because a stable server is dead', async () => {
    world = new World(temporal(), { ...oneStage(60_000), base });
    await startAndWait(({ stage }) => stage?.clock != null);
    await world.handle.terminate('by mistake');
    world.fleet.kill('s7');
    world.router.setUp('s7', false);
    const from = world.routes.length;
    await world.start(back);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(Math.max(...sharesFrom(from))).toBe(500);
    expect(new Set(world.routes.map(({ stable }) => stable))).toEqual(new Set(['a']));
  });

  it('lets users only leave gray: who is on base stays there', async () => {
    const { salt: _drawn, ...audience } = releaseSpec('any').audience;
    world = new World(temporal(), { ...oneStage(200), audience, leveling: { batch: 1, onServerFailure: 'exception' } });
    world.fleet.inject('s6', { kind: 'hang', digest: world.spec.artifact.digest, times: 1 });
    await startAndWait(({ servers }) => servers.some(({ id, place }) => id === 's6' && place === 'out'));
    await world.handle.terminate('by mistake');
    await world.start(back);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(new Set(world.routes.map(({ split }) => split.salt)).size).toBe(1);
  });

  it('is refused behind a declared point of no return', async () => {
    world = new World(temporal(), {
      ...oneStage(200),
      data: { compatible: 'forwardOnly', pointOfNoReturn: 'leveling' },
      leveling: { batch: 2, onServerFailure: 'exception', approval: { ...approval, otherwise: 'hold' } },
    });
    await startAndWait(({ gate }) => gate?.stage === 'leveling');
    await world.send('approve', { stage: 'leveling' });
    await world.result();
    await world.start(back);
    const status = await world.result();
    expect(status).toMatchObject({ outcome: 'refused', failure: expect.stringContaining('point of no return') });
    expect(new Set(world.versions())).toEqual(new Set(['2.0.0']));
  });

  it('is not held up by a dead server on which nothing was recorded', async () => {
    world = new World(temporal(), { ...oneStage(200), leveling: { batch: 2, onServerFailure: 'wait' } });
    world.fleet.inject('s6', { kind: 'fail', digest: world.spec.artifact.digest });
    await startAndWait(({ waiting: wait, mayExclude }) => wait !== null && mayExclude.includes('s6'));
    await world.send('exclude', { server: 's6' });
    expect((await world.result()).outcome).toBe('completed');
    world.fleet.kill('s6');
    await world.start(back);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
  });
});
