import { heartbeat } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { createControlActivities, createWorkActivities } from '../../activities/index.ts';
import type { Observation, ObserveOrder } from '../../activities/orders.ts';
import { controlQueue, workQueue } from '../../src/domain/names.ts';
import type { VerdictKind } from '../../src/domain/verdict.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
let stopOwnWorkers = async (): Promise<void> => undefined;
afterEach(async () => {
  await world.end();
  await stopOwnWorkers();
  stopOwnWorkers = async () => undefined;
});

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 3, stages: [{ shareBp: 500, holdMs, ...change }] },
});
const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
const waiting = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Observe = (order: ObserveOrder, real: (order: ObserveOrder) => Promise<Observation>) => Promise<Observation>;

/** A worker whose observations do as the test says. */
async function workObserving(observe: Observe, cleanUp: () => void = () => undefined): Promise<void> {
  const { native: connection, namespace, bundle } = temporal();
  const work = createWorkActivities(world.adapters());
  const common = { connection, namespace, maxHeartbeatThrottleInterval: 1_000, shutdownForceTime: 2_000 };
  const workers = [
    await Worker.create({
      ...common,
      taskQueue: controlQueue,
      workflowBundle: bundle,
      activities: createControlActivities(world.adapters()),
    }),
    await Worker.create({
      ...common,
      taskQueue: workQueue,
      activities: { ...work, observe: (order: ObserveOrder) => observe(order, work.observe) },
    }),
  ];
  const running = workers.map((worker) => worker.run());
  stopOwnWorkers = async () => {
    cleanUp();
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  };
}

const verdictOf = (kind: VerdictKind) => ({ kind, reason: `the test says ${kind}`, evidence: [], untilMs: 0 });
const fold = { upToMs: 0, memory: {} };
/** Until a gate, a watch: an observation without an end of its own. */
const endless = ({ endAtMs }: ObserveOrder) => endAtMs - Date.now() > 1_000_000;

describe('an observation whose worker dies', () => {
  /** The first observation says `kind` by its heartbeat, and is never heard of again. */
  async function silentAfter(kind: VerdictKind) {
    let first = true;
    let wake: () => void = () => undefined;
    await workObserving(
      async (order, real) => {
        if (!first) return real(order);
        first = false;
        heartbeat({ fold, verdict: verdictOf(kind) });
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        return real(order);
      },
      () => wake(),
    );
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    await waiting(300);
    await world.send('skip');
  }

  it('while it is asked for its evidence does not end the release', async () => {
    world = new World(temporal(), oneStage(60_000));
    await silentAfter('inconclusive');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('after it saw a fail is believed', async () => {
    world = new World(temporal(), oneStage(60_000));
    await silentAfter('fail');
    expect((await world.result()).outcome).toBe('rolledBack');
  });
});

describe('a fail', () => {
  it('seen in the moment in which a gate opens ends the stage behind it', async () => {
    world = new World(temporal(), {
      ramp: {
        patience: 3,
        stages: [
          { shareBp: 500, holdMs: 200, approval },
          { shareBp: 1_000, holdMs: 20_000 },
        ],
      },
    });
    let approved = false;
    await workObserving(async (order, real) => {
      if (!endless(order)) return real(order);
      while (!approved) await waiting(20);
      return { ended: 'fail', stage: order.stage, verdict: verdictOf('fail'), fold, down: [] };
    });
    await world.start();
    await world.until(({ gate }) => gate !== null);
    approved = true;
    await world.send('approve', { stage: 1 });
    const { outcome, failure } = await world.result();
    expect({ outcome, failure }).toEqual({ outcome: 'rolledBack', failure: 'the test says fail' });
  });
});
