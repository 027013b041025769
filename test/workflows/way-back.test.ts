import { afterEach, describe, expect, it } from 'vitest';
import { directAbort } from '../../src/client/direct-abort.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const oneStage = (holdMs: number, change = {}) => ({
  ramp: { patience: 30, stages: [{ shareBp: 500, holdMs, ...change }] },
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
