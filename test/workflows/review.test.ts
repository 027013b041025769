import { Context, heartbeat } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { createControlActivities, createWorkActivities } from '../../activities/index.ts';
import type { Observation, ObserveOrder } from '../../activities/orders.ts';
import { directAbort } from '../../src/client/direct-abort.ts';
import { controlQueue, workQueue } from '../../src/domain/names.ts';
import type { VerdictKind } from '../../src/domain/verdict.ts';
import { releaseSpec } from '../support/release-spec.ts';
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
const waiting = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const serving = (from = 0) =>
  world.routes.slice(from).map(({ servers }) => Object.values(servers).filter((place) => place !== 'out').length);
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

describe('a rollback whose base build is lost', () => {
  it('keeps the servers on the new version that carry the users', async () => {
    world = new World(temporal(), { ...oneStage(200), watch: { forMs: 60_000 } });
    await startAndWait(({ phase }) => phase === 'watch');
    const from = world.routes.length;
    world.fleet.lose(`sha256:${'1'.repeat(64)}`);
    await world.send('rollback');
    await world.until(({ stuck }) => stuck.length > 0);
    await waiting(13_000);
    expect(Math.min(...serving(from))).toBeGreaterThanOrEqual(6);
  }, 60_000);
});

describe('an abort', () => {
  it('at the first step of leveling never raises the share', async () => {
    const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
    world = new World(temporal(), {
      ...oneStage(200),
      leveling: { batch: 2, onServerFailure: 'exception', approval },
    });
    await startAndWait(({ gate }) => gate?.stage === 'leveling');
    for (let call = 1; call < 5; call += 1) world.faulty.inject({ method: 'apply', call, at: 'before' });
    await world.send('approve', { stage: 'leveling' });
    await world.until(({ phase, shareBp }) => phase === 'leveling' && shareBp > 500);
    await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(Math.max(...sharesFrom(0))).toBe(500);
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
  });

  it('while stray servers are brought to base leaves the others where they serve', async () => {
    const older = { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` };
    const base = { version: '1.0.0', digest: `sha256:${'1'.repeat(64)}` };
    world = new World(temporal(), { ...oneStage(200), base });
    world.fleet.install(
      world.spec.servers.map(({ id }) => id),
      older,
    );
    world.fleet.inject('s3', { kind: 'hang', digest: base.digest, times: 1 });
    await startAndWait(({ servers }) => servers.some(({ id, place }) => id === 's3' && place === 'out'));
    await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(Math.min(...serving())).toBeGreaterThanOrEqual(7);
    expect(serving().at(-1)).toBe(8);
  });
});

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
const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;

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
  it('seen in the moment in which a gate opens acts before the share rises', async () => {
    world = new World(temporal(), {
      ramp: {
        patience: 3,
        stages: [
          { shareBp: 500, holdMs: 200, approval },
          { shareBp: 1_000, holdMs: 200 },
        ],
      },
    });
    await workObserving(async (order, real) => {
      if (!endless(order)) return real(order);
      const beat = setInterval(() => heartbeat(), 500);
      await Context.current().cancelled.catch(() => undefined);
      clearInterval(beat);
      return { ended: 'asked', verdict: verdictOf('fail'), fold, down: [] };
    });
    await world.start();
    await world.until(({ gate }) => gate !== null);
    await waiting(300);
    await world.send('approve', { stage: 1 });
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(Math.max(...sharesFrom(0))).toBe(500);
  });
});

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
        patience: 3,
        stages: [
          { shareBp: 500, holdMs: 200, approval },
          { shareBp: 1_000, holdMs: 500 },
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

describe('users on base', () => {
  const hanging = async () => {
    world.fleet.inject('s6', { kind: 'hang', digest: world.spec.artifact.digest, times: 1 });
    await startAndWait(({ servers }) => servers.some(({ id, place }) => id === 's6' && place === 'out'));
  };

  it('stay there when the engine finds that an operator has taken everybody off gray', async () => {
    world = new World(temporal(), { ...oneStage(200), leveling: { batch: 1, onServerFailure: 'exception' } });
    await hanging();
    await directAbort(world.spec, world.router, { toZero: true });
    const from = world.routes.length;
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
    expect(Math.max(...sharesFrom(from))).toBe(0);
  });

  it('stay there when they are on the always-stable list and leveling is rolled back', async () => {
    world = new World(temporal(), { ...oneStage(200), leveling: { batch: 1, onServerFailure: 'exception' } });
    await hanging();
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
    const leaving = world.routes.filter(({ period, split }) => period === 'exception' && split.shareBp > 0);
    expect(leaving.length).toBeGreaterThan(0);
    for (const { split } of leaving) if (split.rest === 'stable') expect(split.alwaysStable).toEqual(['keep']);
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

describe('a hook after the watch', () => {
  it('that fails does not undo a release that is complete', async () => {
    const afterWatch = { kind: 'command', name: 'contract', command: ['x'], env: [], timeoutMs: 100 } as const;
    world = new World(temporal(), { ...oneStage(200), hooks: { afterWatch } });
    world.check = async ({ name }) => ({ name, ok: name !== 'contract', runs: 1, failures: 1, problem: 'exit 1' });
    const status = await world.run();
    expect(status.outcome).toBe('completed');
    expect(status.journal.some(({ text }) => text.includes('contract'))).toBe(true);
  });
});
