import { afterEach, describe, expect, it } from 'vitest';
import { useTemporal } from '../support/temporal.ts';
import { broken, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const shares = () => world.routes.map(({ split }) => split.shareBp);

describe('a release', () => {
  it('goes from request to last server, and leaves every server proven on the new version', async () => {
    world = new World(temporal());
    const status = await world.run();
    expect(status.outcome).toBe('completed');
    expect(new Set(world.versions())).toEqual(new Set(['2.0.0']));
    expect(status).toMatchObject({ period: 'normal', shareBp: 0, stablePool: 'b', phase: 'closed' });
    const ramped = shares().filter((share) => share > 0);
    expect(ramped.slice(0, 3)).toEqual([500, 1_500, 3_300]);
    expect([...ramped].sort((a, b) => a - b)).toEqual(ramped);
    expect(ramped.at(-1)).toBe(10_000);
  });

  it('stops when a gray server fails its deployment verification, and no user has seen anything', async () => {
    world = new World(temporal(), {
      verify: { deployment: [{ kind: 'command', name: 'smoke', command: ['x'], env: [], timeoutMs: 1 }], gray: [] },
    });
    world.check = async ({ name }, place) => {
      const ok = place.at === 'router' || place.expected.version !== '2.0.0';
      return { name, ok, runs: 1, failures: ok ? 0 : 1, problem: 'broken' };
    };
    const status = await world.run();
    expect(status.outcome).toBe('stopped');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
    expect(shares().every((share) => share === 0)).toBe(true);
  });

  it('rolls back when the gray verdict is fail, and every server is back on base', async () => {
    world = new World(temporal());
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.number === 2);
    world.metrics.set('*', 'gray', broken, Date.now());
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
    expect(shares().at(-1)).toBe(0);
    expect(world.routes.at(-1)?.period).toBe('normal');
  });

  it('aborts in a stage: users leave gray at once, and servers return to base', async () => {
    world = new World(temporal(), { ramp: { patience: 3, stages: [{ shareBp: 500, holdMs: 20_000 }] } });
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    expect(await world.send('abort')).toMatchObject({ answer: 'done' });
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
  });
});
