import { afterEach, describe, expect, it, vi } from 'vitest';
import { GrayError } from '../../src/domain/errors.ts';
import { useTemporal } from '../support/temporal.ts';
import { broken, World } from '../support/world.ts';

const temporal = useTemporal({ 'limit.historyCount.suggestContinueAsNew': 120 });
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number) => ({ ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs }] } });
const hold = { policy: 'hold', holdForMs: 20_000, drainMs: 300 } as const;
const command = { kind: 'command', name: 'hook', command: ['x'], env: [], timeoutMs: 100 } as const;

describe('a completion', () => {
  it('that is broken off by an abort returns every server to base without an outage', async () => {
    world = new World(temporal(), { ...oneStage(300), watch: { forMs: 1_000 } });
    await world.work();
    await world.start();
    await world.until(({ phase }) => phase === 'watch');
    for (let call = 1; call < 6; call += 1) world.faulty.inject({ method: 'apply', call, at: 'before' });
    await world.until(({ stablePool }) => stablePool === 'b');
    await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
    expect(servingAtLeast()).toBeGreaterThanOrEqual(5);
  });
});

/** The fewest servers that were in a pool at any moment of the release. */
const servingAtLeast = () =>
  Math.min(...world.routes.map(({ servers }) => Object.values(servers).filter((place) => place !== 'out').length));

describe('past the point of no return', () => {
  it('a fail moves nobody: it waits for an operator, and a resume completes', async () => {
    world = new World(temporal(), {
      ...oneStage(300),
      data: { compatible: 'forwardOnly', pointOfNoReturn: 'leveling' },
      leveling: { batch: 2, onServerFailure: 'exception', approval: { deadlineMs: 10_000, otherwise: 'hold' } },
    });
    world.fleet.inject('s7', { kind: 'fail', digest: world.spec.artifact.digest });
    await world.work();
    await world.start();
    await world.until(({ gate }) => gate?.stage === 'leveling');
    await world.send('approve', { stage: 'leveling' });
    const held = await world.until((status) => status.held);
    expect(held.may).toEqual(['resume', 'retry']);
    expect(held.shareBp).toBeGreaterThan(0);
    world.fleet.heal('s7');
    await world.send('retry');
    expect((await world.result()).outcome).toBe('completed');
  });
});

describe('the way back', () => {
  it('is never given up, even for a router that refuses for good', async () => {
    world = new World(temporal(), oneStage(60_000));
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    world.faulty.inject({
      method: 'apply',
      call: 2,
      at: 'before',
      error: new GrayError('routerRefused', 'no such backend'),
    });
    await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(status.journal.some(({ text }) => text.includes('no such backend; trying again'))).toBe(true);
  });

  it('goes on after a hook that fails', async () => {
    world = new World(temporal(), { ...oneStage(60_000), hooks: { beforeRollback: command } });
    world.check = async ({ name }) => ({ name, ok: false, runs: 1, failures: 1, problem: 'exit 1' });
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    await world.send('rollback');
    expect((await world.result()).outcome).toBe('rolledBack');
  });
});

describe('a hold', () => {
  it('lets open gray sessions end, and closes what is left after its patience', async () => {
    world = new World(temporal(), { ...oneStage(60_000), exception: hold });
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    const stream = world.router.open('vip');
    world.metrics.set('*', 'gray', broken, Date.now());
    await world.until(({ held }) => held);
    expect(await stream?.ended).toBe('closed');
    const status = await world.until(({ journal }) => journal.some(({ text }) => text.includes('1 open sessions')));
    expect(status.held).toBe(true);
    await world.send('rollback');
    expect((await world.result()).outcome).toBe('rolledBack');
  });
});

describe('a hook before deployment', () => {
  it('that fails stops the release before anything is touched', async () => {
    world = new World(temporal(), { ...oneStage(300), hooks: { beforeDeployment: command } });
    world.check = async ({ name }) => ({ name, ok: false, runs: 1, failures: 1, problem: 'exit 1' });
    expect((await world.run()).outcome).toBe('stopped');
    expect(world.routes).toEqual([]);
  });
});

describe('a stable server on another version', () => {
  it('is brought to base, drained like any other', async () => {
    world = new World(temporal(), oneStage(300));
    world.fleet.install(['s4'], { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` });
    await world.work();
    await world.start();
    await world.until(({ phase }) => phase === 'ramp');
    expect(world.versions()[3]).toBe('1.0.0');
    expect(world.routes[0]?.servers.s4).toBe('out');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('is a reason not to start when the file says so', async () => {
    world = new World(temporal(), { deployment: { strays: 'refuse', parallel: 1, attempts: 1, drainMs: 100 } });
    world.fleet.install(['s4'], { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` });
    const status = await world.run();
    expect(status).toMatchObject({
      outcome: 'refused',
      failure: expect.stringContaining('s4: runs 0.9.0, the others 1.0.0'),
    });
  });
});

describe('a release of long life', () => {
  it('goes on in a new run when its history has grown long, and loses no clock, verdict or answer', async () => {
    world = new World(temporal(), oneStage(6_000));
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    const { runId } = await world.handle.describe();
    for (let n = 0; n < 12; n += 1) {
      await world.send('pause', { requestId: `pause-${n}` });
      await world.send('resume', { requestId: `resume-${n}` });
    }
    const first = await world.send('pause', { requestId: 'pause-0' });
    expect(first.answer).toBe('done');
    const status = await world.result();
    expect(status.outcome).toBe('completed');
    expect((await world.handle.describe()).runId).not.toBe(runId);
    expect(status.journal.filter(({ text }) => text.startsWith('pause'))).toHaveLength(12);
    const stages = world.routes.filter(({ split }) => split.shareBp === 1_000);
    expect(stages.length).toBeLessThanOrEqual(2);
  });
});

describe('an undecided stage of long life', () => {
  it('goes on asking in a new run, until the same moment', async () => {
    world = new World(temporal(), {
      ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs: 300, undecided: 'hold' }] },
    });
    world.metrics.goAway();
    await world.work();
    await world.start();
    const { waiting } = await world.until((status) => status.waiting !== null);
    const { runId } = await world.handle.describe();
    for (let n = 0; n < 80; n += 1) await world.handle.signal('finish', { by: 'ui', reason: `${n}` });
    await vi.waitFor(async () => expect((await world.handle.describe()).runId).not.toBe(runId), 10_000);
    expect((await world.until((status) => status.waiting !== null)).waiting).toEqual(waiting);
    await world.send('skip');
    expect((await world.result()).outcome).toBe('completed');
  });
});

describe('a way back of long life', () => {
  it('goes on in a new run too, when its history has grown long', async () => {
    world = new World(temporal(), oneStage(60_000));
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    const { runId } = await world.handle.describe();
    const error = new GrayError('routerRefused', 'no such backend');
    for (const call of [1, 2]) world.faulty.inject({ method: 'apply', call, at: 'before', error });
    for (let n = 0; n < 30; n += 1) await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect((await world.handle.describe()).runId).not.toBe(runId);
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
  });
});
