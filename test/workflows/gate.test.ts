/** An approval opens the gate; the observation that watched it goes on into what is behind it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Status } from '../../src/domain/status.ts';
import { useTemporal } from '../support/temporal.ts';
import { broken, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two stages; the first has a gate, and a test that means the second gives its hold. */
const gated = (holdMs = 300, change = {}) => ({
  ramp: {
    patience: 30,
    stages: [
      { shareBp: 500, holdMs: 300, approval },
      { shareBp: 1_000, holdMs },
    ],
  },
  ...change,
});

async function atTheGate(): Promise<void> {
  await world.work();
  await world.start();
  await world.until(({ gate }) => gate?.stage === 1);
}

const approve = () => world.send('approve', { stage: 1 });
const inStage = (number: number) => world.until(({ stage }) => stage?.number === number && stage.clock !== null);

async function observations(): Promise<string[]> {
  const { events } = await world.handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: activity, userMetadata }) =>
    activity?.activityType?.name === 'observe'
      ? [JSON.parse(String(Buffer.from(userMetadata?.summary?.data ?? [])))]
      : [],
  );
}

const grayRequests = ({ verdict }: Status) => verdict?.evidence[0]?.gray.total ?? 0;

describe('behind an opened gate', () => {
  it('the observation goes on into the next stage', async () => {
    world = new World(temporal(), gated());
    await atTheGate();
    await approve();
    expect((await world.result()).outcome).toBe('completed');
    expect(await observations()).toEqual([
      'stage 1 of 2: 5 %',
      'gate of stage 1 and what follows',
      'leveling',
      'the watch',
    ]);
  });

  it('of the last stage it goes on into leveling', async () => {
    world = new World(temporal(), {
      ramp: { patience: 3, stages: [{ shareBp: 500, holdMs: 300, approval }] },
    });
    await atTheGate();
    await approve();
    expect((await world.result()).outcome).toBe('completed');
    expect(await observations()).toEqual(['stage 1 of 1: 5 %', 'gate of stage 1 and what follows', 'the watch']);
  });

  it('of leveling too, and errors under leveling bring every server back', async () => {
    world = new World(temporal(), { leveling: { batch: 1, onServerFailure: 'wait', approval } });
    world.fleet.inject('s5', { kind: 'hang', digest: world.spec.artifact.digest });
    await world.work();
    await world.start();
    await world.until(({ gate }) => gate?.stage === 'leveling');
    await world.send('approve', { stage: 'leveling' });
    await world.until(({ phase }) => phase === 'leveling');
    world.metrics.set('errors', 'gray', broken);
    expect((await world.result()).outcome).toBe('rolledBack');
    expect((await observations()).filter((name) => name === 'leveling')).toEqual([]);
  });

  it('the stage needs a pass of its own', async () => {
    world = new World(temporal(), gated());
    await atTheGate();
    world.metrics.set('*', 'gray', 'unusable');
    await approve();
    const { outcome, failure } = await world.result();
    expect({ outcome, failure }).toMatchObject({
      outcome: 'rolledBack',
      failure: expect.stringContaining('no verdict'),
    });
  });

  it('only what came after the gate counts for the stage', async () => {
    world = new World(temporal(), gated(2_000));
    await atTheGate();
    await pause(3_000);
    await approve();
    await inStage(2);
    const status = await world.until(({ phase }) => phase === 'leveling');
    expect(grayRequests(status)).toBeGreaterThan(0);
    expect(grayRequests(status)).toBeLessThan(200 * 4.5);
  });

  it('errors under the next share roll the release back', async () => {
    world = new World(temporal(), gated(20_000));
    await atTheGate();
    await approve();
    await inStage(2);
    world.metrics.set('errors', 'gray', broken);
    expect((await world.result()).outcome).toBe('rolledBack');
  });

  it('a pause longer than the hold has an observation of its own', async () => {
    world = new World(temporal(), gated(500));
    await atTheGate();
    await approve();
    await inStage(2);
    await world.send('pause');
    await pause(3_000);
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
    expect(await observations()).toContain('paused by ben');
  });

  it('a skip at once goes on into leveling', async () => {
    world = new World(temporal(), gated(20_000));
    await atTheGate();
    await approve();
    await inStage(2);
    await world.send('skip');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('a worker that goes is replaced by one that goes on in the stage', async () => {
    world = new World(temporal(), gated(3_000));
    await atTheGate();
    await approve();
    await inStage(2);
    await pause(1_500);
    await world.stopWorker();
    await world.work();
    const { outcome, journal } = await world.result();
    expect(outcome).toBe('completed');
    expect(journal.filter(({ text }) => text.includes('extended'))).toEqual([]);
  });

  it('a route changed by hand is restored', async () => {
    world = new World(temporal(), gated(3_000));
    await atTheGate();
    await approve();
    await inStage(2);
    await pause(1_500);
    world.router.drift((route) => ({ ...route, split: { ...route.split, shareBp: 9_000 } }));
    await world.until(({ journal }) => journal.some(({ text }) => text.includes('changed by hand')));
    expect((await world.result()).outcome).toBe('completed');
  });

  it('an abort ends all of it', async () => {
    world = new World(temporal(), gated(20_000));
    await atTheGate();
    await approve();
    await inStage(2);
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
  });
});
