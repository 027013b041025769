import { afterEach, describe, expect, it } from 'vitest';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 3, stages: [{ shareBp: 500, holdMs, ...change }] },
});
const sharesFrom = (from: number) => world.routes.slice(from).map(({ split }) => split.shareBp);

async function startAndWait(wanted: Parameters<World['until']>[0]) {
  await world.work();
  await world.start();
  return world.until(wanted);
}

describe('a server that dies', () => {
  it('in the watch sends nobody back to a pool without servers', async () => {
    world = new World(temporal(), { ...oneStage(200), watch: { forMs: 4_000 } });
    await startAndWait(({ phase }) => phase === 'watch');
    const from = world.routes.length;
    world.router.setUp('s5', false);
    await world.until(({ journal }) => journal.some(({ text }) => text.includes('not up: s5')));
    expect((await world.result()).outcome).toBe('completed');
    expect(
      sharesFrom(from)
        .slice(0, -1)
        .every((share) => share === 10_000),
    ).toBe(true);
  });
});

describe('gray servers that cannot carry the share', () => {
  const stage = { ramp: { patience: 3, stages: [{ shareBp: 3_000, holdMs: 2_500 }] } };

  it('stop the clock whatever an operator resumes, and end the stage when they do not come back', async () => {
    world = new World(temporal(), stage);
    await startAndWait(({ stage: now }) => now?.clock != null);
    world.router.setUp('s1', false);
    await world.until(({ shareBp }) => shareBp < 3_000);
    await world.send('pause');
    await world.send('resume');
    world.router.restart();
    const held = await world.until(({ waiting: wait }) => wait !== null);
    expect(held).toMatchObject({ phase: 'ramp', stage: { clock: { sinceMs: null } } });
    const status = await world.result();
    expect(status).toMatchObject({ outcome: 'rolledBack', failure: expect.stringContaining('gray can no longer') });
  });

  it('are judged by the arithmetic of the plan: requests without identity stay on base', async () => {
    const ramp = { patience: 3, stages: [{ shareBp: 2_700, holdMs: 300 }] };
    world = new World(temporal(), { ramp, capacity: { maxLoad: 1 } });
    await world.work();
    await world.start();
    await world.until(({ journal }) => journal.some(({ text }) => text.startsWith('passed')));
    expect(Math.max(...sharesFrom(0))).toBe(2_700);
  });

  it('when a stage opens get the share that fits', async () => {
    world = new World(temporal(), stage);
    world.router.setUp('s1', false);
    await startAndWait(({ phase }) => phase === 'ramp');
    const status = await world.result();
    expect(Math.max(...sharesFrom(0))).toBe(1_875);
    expect(status.outcome).toBe('rolledBack');
  });
});

describe('a gray server in a crash loop', () => {
  it('fails the release, whatever the judge says', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    for (const fall of [1, 2, 3]) {
      world.router.setUp('s1', false);
      await world.until(({ journal }) => journal.filter(({ text }) => text === 'not up: s1').length === fall);
      world.router.setUp('s1', true);
      if (fall < 3)
        await world.until(({ journal }) => journal.filter(({ text }) => text === 'up again: s1').length === fall);
    }
    const status = await world.result();
    expect(status).toMatchObject({ outcome: 'rolledBack', failure: 'crash loop: s1 went down 3 times' });
  });
});

describe('a server that comes back', () => {
  it('with another version leaves its pool, and returns on base', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.setUp('s5', false);
    await world.until(({ journal }) => journal.some(({ text }) => text.includes('not up: s5')));
    world.fleet.install(['s5'], { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` });
    world.router.setUp('s5', true);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
  });

  it('during a hold with another version keeps the release from going on', async () => {
    world = new World(temporal(), {
      ...oneStage(60_000),
      exception: { policy: 'hold', holdForMs: 20_000, drainMs: 100 },
    });
    await startAndWait(({ stage }) => stage?.clock != null);
    world.router.setUp('s5', false);
    await world.until(({ journal }) => journal.some(({ text }) => text.includes('not up: s5')));
    world.fleet.install(['s5'], { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` });
    world.router.setUp('s5', true);
    await world.until(({ held }) => held);
    world.fleet.install(['s1'], { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` });
    await world.send('resume');
    const again = await world.until(({ held, failure }) => held && failure?.includes('s1') === true);
    expect(again.shareBp).toBe(0);
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
  });
});
