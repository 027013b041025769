import { afterEach, describe, expect, it } from 'vitest';
import { useTemporal } from '../support/temporal.ts';
import { broken, healthy, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const hold = { policy: 'hold', holdForMs: 20_000, drainMs: 200 } as const;
const base = new Set(['1.0.0']);
const goal = new Set(['2.0.0']);

async function failInStage(stage: number) {
  await world.work();
  await world.start();
  await world.until((status) => status.stage?.number === stage);
  world.metrics.set('*', 'gray', broken, Date.now());
}

describe('a hold in the exception period', () => {
  it('has users off gray first, and goes on from the failed stage when an operator resumes', async () => {
    world = new World(temporal(), { exception: hold });
    await failInStage(2);
    const held = await world.until((status) => status.held);
    expect(held).toMatchObject({
      phase: 'exception',
      period: 'exception',
      shareBp: 0,
      may: ['resume', 'retry', 'abort', 'rollback'],
    });
    world.metrics.set('*', 'gray', healthy, Date.now());
    await world.send('resume', { reason: 'known outage of the payment provider' });
    const status = await world.result();
    expect(status.outcome).toBe('completed');
    expect(new Set(world.versions())).toEqual(goal);
    expect(status.journal.some(({ text }) => text.includes('waived'))).toBe(true);
  });

  it('retries from the deployment with fresh evidence', async () => {
    world = new World(temporal(), { exception: hold });
    await failInStage(1);
    await world.until((status) => status.held);
    world.metrics.set('*', 'gray', healthy, Date.now());
    await world.send('retry');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('rolls back when it runs out', async () => {
    world = new World(temporal(), { exception: { ...hold, holdForMs: 700 } });
    await failInStage(1);
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
  });

  it('ends in aborted when an operator aborts it', async () => {
    world = new World(temporal(), { exception: hold });
    await failInStage(1);
    await world.until((status) => status.held);
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
    expect(new Set(world.versions())).toEqual(base);
  });
});

describe('leveling', () => {
  it('rolls back when a server refuses the new version, with the share following what base can carry', async () => {
    world = new World(temporal());
    world.fleet.inject('s6', { kind: 'fail', digest: world.spec.artifact.digest });
    const status = await world.run();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
    const back = world.routes.slice(world.routes.findIndex(({ period }) => period === 'exception'));
    const shares = back.map(({ split }) => split.shareBp);
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares.at(-1)).toBe(0);
  });

  it('waits for a server that does not come up, and completes without it once it is excluded', async () => {
    world = new World(temporal(), { leveling: { batch: 2, onServerFailure: 'wait' } });
    world.fleet.inject('s6', { kind: 'fail', digest: world.spec.artifact.digest });
    await world.work();
    await world.start();
    const waiting = await world.until(({ phase, waiting }) => phase === 'leveling' && waiting !== null);
    expect(waiting.waiting?.what).toContain('s6');
    expect(waiting.mayExclude).toContain('s6');
    await world.send('exclude', { server: 's6' });
    const status = await world.result();
    expect(status).toMatchObject({ outcome: 'completed', excluded: ['s6'] });
    expect(world.routes.at(-1)?.servers.s6).toBe('out');
  });

  it('goes on by itself when the server comes up after all', async () => {
    world = new World(temporal(), { leveling: { batch: 6, onServerFailure: 'wait' }, capacity: { maxLoad: 4 } });
    world.fleet.inject('s6', { kind: 'fail', digest: world.spec.artifact.digest, times: 1 });
    const status = await world.run();
    expect(status.outcome).toBe('completed');
    expect(new Set(world.versions())).toEqual(goal);
  });

  it('acts on a fail verdict between batches', async () => {
    world = new World(temporal(), { leveling: { batch: 1, onServerFailure: 'exception' } });
    await world.work();
    await world.start();
    await world.until(({ phase }) => phase === 'leveling');
    world.metrics.set('*', 'gray', broken, Date.now());
    world.fleet.inject('s8', { kind: 'hang', digest: world.spec.artifact.digest });
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
  });
});

describe('a rollback', () => {
  it('brings every server back from the watch', async () => {
    world = new World(temporal(), { watch: { forMs: 60_000 } });
    await world.work();
    await world.start();
    await world.until(({ phase }) => phase === 'watch');
    expect(new Set(world.versions())).toEqual(goal);
    await world.send('rollback');
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
    expect(world.routes.at(-1)).toMatchObject({ period: 'normal', split: { shareBp: 0, rest: 'stable' } });
  });

  it('brings every server back after the run has closed', async () => {
    world = new World(temporal());
    expect((await world.run()).outcome).toBe('completed');
    const before = world.routes.length;
    await world.start({ mode: 'rollback', requestId: 'back', by: 'ana', reason: 'slow leak' });
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
    expect(world.routes[before]).toMatchObject({ period: 'exception', split: { shareBp: 10_000, rest: 'gray' } });
    const shares = world.routes.slice(before).map(({ split }) => split.shareBp);
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
  });

  it('repairs a release that was terminated half-way', async () => {
    world = new World(temporal(), { leveling: { batch: 1, onServerFailure: 'exception' } });
    await world.work();
    world.fleet.inject('s5', { kind: 'hang', digest: world.spec.artifact.digest });
    await world.start();
    await world.until(
      ({ phase, servers }) => phase === 'leveling' && servers.filter(({ build }) => build === 'new').length === 4,
    );
    await world.handle.terminate('by mistake');
    world.fleet.heal('s5');
    const before = world.routes.length;
    await world.start({ mode: 'rollback', requestId: 'repair', by: 'ana', reason: 'terminated' });
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
    expect(world.routes.at(-1)).toMatchObject({ period: 'normal', split: { shareBp: 0, rest: 'stable' } });
    const serving = world.routes
      .slice(before)
      .map(({ servers }) => Object.values(servers).filter((place) => place !== 'out').length);
    expect(Math.min(...serving)).toBeGreaterThanOrEqual(5);
  });

  it('leaves servers alone that the lost release never touched, whatever an older release recorded on them', async () => {
    world = new World(temporal());
    const older = { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` };
    for (const { id } of world.spec.servers) world.fleet.server(id).base = { release: 'long-ago', artifact: older };
    await world.work();
    await world.start();
    await world.until(({ phase }) => phase === 'ramp');
    await world.handle.terminate('by mistake');
    await world.start({ mode: 'rollback', requestId: 'repair', by: 'ana', reason: 'terminated' });
    expect((await world.result()).outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
  });

  it('of a version that no server runs is refused', async () => {
    world = new World(temporal());
    await world.work();
    await world.start({ mode: 'rollback', requestId: 'back', by: 'ana', reason: 'nothing there' });
    const status = await world.result();
    expect(status).toMatchObject({ outcome: 'refused', failure: expect.stringContaining('nothing to roll back') });
  });

  it('that is stuck on a server tells so, and ends once the server is excluded', async () => {
    world = new World(temporal(), { notify: [{ kind: 'memory' }] });
    world.fleet.inject('s2', { kind: 'fail', digest: `sha256:${'1'.repeat(64)}` });
    await failInStage(1);
    const stuck = await world.until(({ stuck }) => stuck.length > 0);
    expect(stuck.stuck).toEqual(['s2']);
    await world.until(({ mayExclude }) => mayExclude.includes('s2'));
    await world.send('exclude', { server: 's2' });
    const status = await world.result();
    expect(status).toMatchObject({ outcome: 'rolledBack', excluded: ['s2'] });
    expect(world.events.some(({ kind }) => kind === 'stuck')).toBe(true);
  });

  it('is what a cancel from the Web UI does, to its end', async () => {
    world = new World(temporal(), { ramp: { patience: 3, stages: [{ shareBp: 500, holdMs: 20_000 }] } });
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    await world.handle.cancel();
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(new Set(world.versions())).toEqual(base);
  });

  it('goes on when the cancel comes in the middle of it', async () => {
    world = new World(temporal());
    world.fleet.inject('s2', { kind: 'hang', digest: `sha256:${'1'.repeat(64)}` });
    await failInStage(1);
    await world.until(({ phase }) => phase === 'rollback');
    await world.handle.cancel();
    expect((await world.send('abort')).answer).toBe('already');
    world.fleet.heal('s2');
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(base);
  });
});

describe('preflight', () => {
  it('refuses with every reason at once, and touches nothing', async () => {
    world = new World(temporal());
    world.fleet.kill('s3');
    world.fleet.kill('s5');
    world.fleet.lose(world.spec.artifact.digest);
    const status = await world.run();
    expect(status.outcome).toBe('refused');
    expect(status.failure).toContain('s3');
    expect(status.failure).toContain('s5');
    expect(status.failure).toContain('2.0.0');
    expect(world.routes).toEqual([]);
  });

  it('refuses a router whose period is not normal, and names the way out', async () => {
    world = new World(temporal());
    world.router.drift((route) => ({ ...route, period: 'exception' }));
    expect((await world.run()).failure).toContain('abort --direct');
  });
});
