import { afterEach, describe, expect, it } from 'vitest';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 30, stages: [{ shareBp: 500, holdMs, ...change }] },
});
const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
const waiting = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function startAndWait(wanted: Parameters<World['until']>[0]) {
  await world.work();
  await world.start();
  return world.until(wanted);
}

describe('a pause', () => {
  it('at a gate that was approved keeps the release, whatever the deadline of the approval', async () => {
    world = new World(temporal(), oneStage(200, { approval: { deadlineMs: 1_500, otherwise: 'rollback' } }));
    await startAndWait(({ gate }) => gate !== null);
    await world.send('pause');
    await world.send('approve', { stage: 1 });
    await waiting(2_000);
    expect(await world.status()).toMatchObject({ phase: 'ramp', shareBp: 500 });
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('at a gate that proceeds by itself still stops all progress', async () => {
    world = new World(temporal(), oneStage(200, { approval: { deadlineMs: 1_000, otherwise: 'proceed' } }));
    await startAndWait(({ gate }) => gate !== null);
    await world.send('pause');
    await waiting(2_000);
    expect(await world.status()).toMatchObject({ phase: 'ramp', shareBp: 500 });
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('in an extended hold keeps the stage although the verdict becomes pass', async () => {
    world = new World(temporal(), oneStage(4_000, {}));
    world.metrics.goAway();
    await startAndWait(({ stage }) => (stage?.clock?.extensions ?? 0) > 0);
    await world.send('pause');
    world.metrics.comeBack();
    await waiting(1_500);
    expect(await world.status()).toMatchObject({ phase: 'ramp', shareBp: 500 });
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('while a stage opens stops the clock of that stage', async () => {
    world = new World(temporal(), {
      ramp: {
        patience: 30,
        stages: [
          { shareBp: 500, holdMs: 200, approval },
          { shareBp: 1_000, holdMs: 2_000 },
        ],
      },
    });
    await startAndWait(({ gate }) => gate !== null);
    for (let call = 1; call < 4; call += 1) world.faulty.inject({ method: 'apply', call, at: 'before' });
    await world.send('approve', { stage: 1 });
    await world.until(({ stage }) => stage?.number === 2);
    await world.send('pause');
    await world.until(({ stage }) => stage?.clock != null);
    await waiting(1_000);
    expect(await world.status()).toMatchObject({ phase: 'ramp', stage: { number: 2, clock: { sinceMs: null } } });
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
  });
});

describe('a command', () => {
  it('that names what every object has is refused like any other unknown name', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    await world.handle.signal('exclude', { by: 'ui', reason: '', server: 'constructor' });
    await world.handle.signal('pause', { by: 'ui', reason: '', requestId: 'constructor' });
    const status = await world.until(({ paused }) => paused !== null);
    expect(status.journal.some(({ text }) => text.includes('no server constructor'))).toBe(true);
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
  });
});
