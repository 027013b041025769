import { afterEach, describe, expect, it } from 'vitest';
import { useTemporal } from '../support/temporal.ts';
import { broken, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 30, stages: [{ shareBp: 1_000, holdMs, ...change }] },
});
const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;

async function startAndWait(wanted: Parameters<World['until']>[0]) {
  await world.work();
  await world.start();
  return world.until(wanted);
}

describe('a gate', () => {
  it('opens for an approval that names its stage, and for no other', async () => {
    world = new World(temporal(), oneStage(200, { approval }));
    const waiting = await startAndWait(({ gate }) => gate !== null);
    expect(waiting.waiting).toMatchObject({ what: 'approval of stage 1', otherwise: 'rollback' });
    await expect(world.send('approve', { stage: 2 })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('stage 1, not 2') },
    });
    await expect(world.send('approve')).rejects.toThrow();
    expect(await world.send('approve', { stage: 1 })).toMatchObject({ answer: 'done' });
    expect((await world.result()).outcome).toBe('completed');
  });

  it('that nobody answers rolls back when the file says so', async () => {
    world = new World(temporal(), oneStage(200, { approval: { deadlineMs: 600, otherwise: 'rollback' } }));
    await world.work();
    await world.start();
    expect((await world.result()).outcome).toBe('rolledBack');
  });

  it('acts on a fail while it waits', async () => {
    world = new World(temporal(), oneStage(200, { approval }));
    await startAndWait(({ gate }) => gate !== null);
    world.metrics.set('*', 'gray', broken, Date.now());
    expect((await world.result()).outcome).toBe('rolledBack');
  });

  it('before a declared point of no return is always there, and behind it nothing rolls back', async () => {
    world = new World(temporal(), {
      ...oneStage(200),
      data: { compatible: 'forwardOnly', pointOfNoReturn: 'leveling' },
      watch: { forMs: 20_000 },
    });
    await startAndWait(({ gate }) => gate?.stage === 'leveling');
    await world.send('approve', { stage: 'leveling' });
    await world.until(({ phase }) => phase === 'watch');
    await expect(world.send('rollback')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('point of no return') },
    });
    await world.send('finish');
    expect((await world.result()).outcome).toBe('completed');
  });
});

describe('a pause', () => {
  it('stops the clock of the stage, and a resume lets it go on', async () => {
    world = new World(temporal(), oneStage(1_500));
    await startAndWait(({ stage }) => stage?.clock != null);
    await world.send('pause', { reason: 'looking at a graph' });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const paused = await world.status();
    expect(paused).toMatchObject({ phase: 'ramp', paused: { by: 'ben', reason: 'looking at a graph' } });
    expect(paused.stage?.clock?.sinceMs).toBeNull();
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('does not stop the watching: a fail acts while paused', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    await world.send('pause');
    world.metrics.set('*', 'gray', broken, Date.now());
    expect((await world.result()).outcome).toBe('rolledBack');
  });

  it('of leveling takes effect between batches, and an abort while paused still rolls back', async () => {
    world = new World(temporal(), { ...oneStage(200), leveling: { batch: 1, onServerFailure: 'exception' } });
    await startAndWait(({ phase }) => phase === 'leveling');
    await world.send('pause');
    await world.until(({ servers }) => servers.every(({ place }) => place !== 'out'));
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
  });
});

describe('a skip', () => {
  it('ends the hold early, as a recorded override', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    await world.send('skip', { reason: 'hotfix' });
    const status = await world.result();
    expect(status.outcome).toBe('completed');
    expect(
      status.journal.some(({ text, by }) => text.startsWith('skip') && text.includes('hotfix') && by === 'ben'),
    ).toBe(true);
  });
});

describe('without a verdict', () => {
  it('a stage holds, extends up to its patience and never passes', async () => {
    world = new World(temporal(), { ramp: { ...oneStage(300).ramp, patience: 3 } });
    world.metrics.goAway();
    await world.work();
    await world.start();
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(status.failure).toContain('no verdict in 3 holds');
    expect(Math.max(...world.routes.map(({ split }) => split.shareBp))).toBe(1_000);
  });

  it('an extended hold ends as soon as there is a pass', async () => {
    world = new World(temporal(), oneStage(1_500));
    world.metrics.goAway();
    await startAndWait(({ stage }) => (stage?.clock?.extensions ?? 0) > 0);
    world.metrics.comeBack();
    expect((await world.result()).outcome).toBe('completed');
  });
});

describe('commands', () => {
  it('sent twice under one request id do their work once', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    const first = await world.send('pause', { requestId: 'p1' });
    await world.send('resume', { requestId: 'r1' });
    expect(await world.send('pause', { requestId: 'p1' })).toEqual(first);
    expect((await world.status()).paused).toBeNull();
  });

  it('as Signals do the same, and a refused one appears in the journal', async () => {
    world = new World(temporal(), oneStage(60_000));
    await startAndWait(({ stage }) => stage?.clock != null);
    await world.handle.signal('finish', { by: 'ui', reason: '' });
    await world.handle.signal('finish', 'nonsense');
    const status = await world.until(
      ({ journal }) => journal.filter(({ text }) => text.startsWith('finish by Signal')).length === 2,
    );
    expect(status.journal.some(({ text }) => text.includes('only a watch can be finished'))).toBe(true);
    await world.handle.signal('abort', { by: 'ui', reason: 'enough' });
    expect((await world.result()).outcome).toBe('aborted');
  });

  it('approve and abort in one task: abort wins', async () => {
    world = new World(temporal(), oneStage(200, { approval }));
    await startAndWait(({ gate }) => gate !== null);
    await world.stopWorker();
    await world.handle.signal('approve', { by: 'a', stage: 1 });
    await world.handle.signal('abort', { by: 'b', reason: 'no' });
    await world.work();
    expect((await world.result()).outcome).toBe('aborted');
    expect(Math.max(...world.routes.map(({ split }) => split.shareBp))).toBe(1_000);
  });

  it('after the end are refused by the server, and the release stays closed', async () => {
    world = new World(temporal(), oneStage(200));
    await world.run();
    await expect(world.send('abort')).rejects.toThrow();
    expect((await world.result()).outcome).toBe('completed');
  });
});
