import { afterEach, describe, expect, it, vi } from 'vitest';
import { releaseStatus } from '../../src/client.ts';
import { baseBuild, servers } from '../support/release-spec.ts';
import { useTemporal } from '../support/temporal.ts';
import { healthy, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const judge = {
  kind: 'threshold',
  staleMs: 10_000,
  metrics: { errors: { role: 'required', maxRatio: 3, minSample: 5 } },
} as const;
const limited = { ...judge, metrics: { errors: { ...judge.metrics.errors, maxRate: 0.4 } } };
const hook = { kind: 'command', name: 'migrate', command: ['migrate'], env: [], timeoutMs: 100 } as const;
const unlike = { perSecond: 200, badRate: 0.1 };
const awful = { perSecond: 200, badRate: 0.5 };
const stage = (holdMs: number, change = {}) => ({
  artifact: baseBuild,
  judge,
  ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs, ...change }] },
});

async function rehearse(change: Partial<World['spec']> = {}): Promise<void> {
  world = new World(temporal(), { artifact: baseBuild, judge, ...change });
  await world.work();
  await world.start({ mode: 'rehearsal' });
}

const holding = () => world.until(({ stage: now }) => now?.clock != null);
const shares = () => world.routes.map(({ split }) => split.shareBp);
/** Deploys that changed a server, and bases that were recorded on one. */
const changes = () =>
  world.spec.servers.flatMap(({ id }) => {
    const server = world.fleet.server(id);
    return [...server.changes, ...(server.base === null ? [] : [server.base])];
  });

function expectUntouched(): void {
  expect(changes()).toEqual([]);
  const last = world.routes.at(-1);
  expect(last).toMatchObject({ period: 'normal', stable: 'a', split: { shareBp: 0, alwaysGray: [] } });
  expect(new Set(Object.values(last?.servers ?? {}))).toEqual(new Set(['a']));
}

describe('a rehearsal', () => {
  it('takes the running version through the whole ramp, changes no server, and levels nothing', async () => {
    await rehearse({ hooks: { beforeDeployment: hook, beforeRollback: hook, afterWatch: hook } });
    const asked: string[] = [];
    const { check } = world;
    world.check = (...order) => {
      asked.push(order[0].name);
      return check(...order);
    };
    const status = await world.result();
    expect(status).toMatchObject({
      mode: 'rehearsal',
      outcome: 'rehearsed',
      failure: null,
      rehearsed: { falseRollbacks: 0, latest: [] },
    });
    expect(Math.max(...shares())).toBe(3_300);
    expect(asked).not.toContain('migrate');
    expect(status.journal.map(({ text }) => text)).not.toContain('phase leveling');
    expectUntouched();
  });

  it('counts a fail of the judge and goes on, as it would have been wrong', async () => {
    await rehearse(stage(4_000));
    await holding();
    world.metrics.set('*', 'gray', unlike, Date.now());
    await vi.waitFor(async () => {
      const live = await releaseStatus(temporal().client, world.spec.target);
      expect(live.rehearsed?.falseRollbacks).toBeGreaterThan(0);
    }, 10_000);
    world.metrics.set('*', 'gray', healthy, Date.now());
    const { outcome, rehearsed, journal } = await world.result();
    expect(outcome).toBe('rehearsed');
    expect(rehearsed?.falseRollbacks).toBeGreaterThan(0);
    expect(rehearsed?.latest.at(-1)?.reason).toContain('times the stable rate');
    expect(journal.some(({ text }) => text.startsWith('the judge would have rolled back'))).toBe(true);
    const { memo } = await world.handle.describe();
    expect(memo).toMatchObject({ falseRollbacks: rehearsed?.falseRollbacks });
    expectUntouched();
  });

  it('still ends at once where an absolute limit is passed, and nothing has to be undone', async () => {
    await rehearse({ ...stage(60_000), judge: limited });
    await holding();
    world.metrics.set('*', 'gray', awful, Date.now());
    const { outcome, failure } = await world.result();
    expect({ outcome, failure }).toEqual({ outcome: 'rolledBack', failure: expect.stringContaining('a limit of 40') });
    expectUntouched();
  });

  it('never passes a stage that the judge does not pass', async () => {
    await rehearse({ ...stage(300), exception: { policy: 'hold', holdForMs: 20_000, drainMs: 100 } });
    world.metrics.goAway();
    const { outcome, failure } = await world.result();
    expect({ outcome, failure }).toEqual({ outcome: 'rolledBack', failure: expect.stringContaining('no verdict') });
    expectUntouched();
  });

  it('is aborted like any release', async () => {
    await rehearse(stage(60_000));
    await holding();
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
    expectUntouched();
  });

  it('waits at a gate, and ends there when it is the last one', async () => {
    await rehearse(stage(200, { approval: { deadlineMs: 20_000, otherwise: 'rollback' } }));
    await world.until(({ gate }) => gate !== null);
    await world.send('approve', { stage: 1 });
    expect((await world.result()).outcome).toBe('rehearsed');
    expectUntouched();
  });

  it('brings gray spares out of every pool again', async () => {
    const spares = servers(8).map((server) => ({ ...server, spare: server.id === 's1' }));
    await rehearse({ ...stage(200), servers: spares });
    expect((await world.result()).outcome).toBe('rehearsed');
    expect(world.routes.at(-1)?.servers).toMatchObject({ s1: 'out', s2: 'a' });
  });
});

describe('a rehearsal is refused', () => {
  it('where a server runs another build than the one to rehearse', async () => {
    world = new World(temporal());
    await world.work();
    await world.start({ mode: 'rehearsal' });
    const { outcome, failure } = await world.result();
    expect(outcome).toBe('refused');
    expect(failure).toMatch(/s1: runs 1\.0\.0 .*and a rehearsal of 2\.0\.0 needs 2\.0\.0 on every server/);
    expect(world.routes).toEqual([]);
  });

  it('while users are on gray; once they are off it is the way back to normal', async () => {
    await rehearse(stage(60_000));
    await holding();
    await world.handle.terminate('by hand');
    await world.start({ mode: 'rehearsal', requestId: 'second' });
    expect(await world.result()).toMatchObject({
      outcome: 'refused',
      failure: expect.stringContaining('the router is in period gray'),
    });
    const { route } = await world.router.read();
    const split = { ...route.split, shareBp: 0, alwaysGray: [] };
    await world.router.apply({ ...route, fence: route.fence + 1, release: 'operator', period: 'exception', split });
    await world.start({ mode: 'rehearsal', requestId: 'third' });
    await holding();
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
    expectUntouched();
  });
});
