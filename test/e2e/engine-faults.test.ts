/** The engine itself is away: Temporal stopped, crashed and started again, a worker frozen and woken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { abortRelease } from '../../src/client.ts';
import type { Status } from '../../src/domain/status.ts';
import { useEngine } from '../support/site/engine.ts';
import { fenceBreaches } from '../support/site/routers.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const deploying = ({ activities = [] }: Status) => activities.some(({ name }) => name === 'deploy');

describe('a release', { timeout: 180_000 }, () => {
  it('goes on after Temporal was stopped in the ramp and crashed in leveling, on the same database file', async () => {
    const site = await Site.open(engine(), { faults: { startMs: 700 } });
    await site.start();
    await site.until(({ stage }) => stage?.clock != null);
    await engine().stopServer();
    const atStop = await site.route();
    await sleep(2_000);
    expect(await site.route()).toEqual(atStop);
    await engine().startServer();
    await site.until((status) => status.phase === 'leveling' && deploying(status));
    await engine().crashServer();
    await sleep(1_000);
    await engine().startServer();
    expect((await site.closed()).outcome).toBe('completed');

    const once = ['1.0.0', '2.0.0'];
    expect(await site.starts()).toEqual({ s1: once, s2: once, s3: once, s4: once });
    expect(await site.versions()).toEqual(['2.0.0', '2.0.0', '2.0.0', '2.0.0']);
    expect(fenceBreaches(site.router.tap?.writes ?? [])).toEqual([]);
    expect((await site.load.stop()).lostExamples).toEqual([]);
  });

  it('is aborted by another worker while its own is frozen, and the frozen one writes nothing when it wakes', async () => {
    const [holding, leveling] = await Promise.all([
      Site.open(engine(), { change: () => ({ ramp: { patience: 3, stages: [{ shareBp: 5_000, holdMs: 60_000 }] } }) }),
      // One server after the other in one order: the woken worker has the second one still before it.
      Site.open(engine(), {
        faults: { startMs: 1_500 },
        change: () => ({
          leveling: { batch: 2, onServerFailure: 'exception' },
          deployment: { strays: 'bring-to-base', parallel: 1, attempts: 1, drainMs: 2_000 },
        }),
      }),
    ]);
    await leveling.start();
    await Promise.all([holding.start(), leveling.until((status) => status.phase === 'leveling' && deploying(status))]);
    await holding.until(({ stage }) => stage?.clock != null);
    await leveling.until(deploying);
    const wake = engine().freezeWorkers();
    await engine().startWorker();
    const sites = [holding, leveling];
    for (const { target } of sites) await abortRelease(engine().client, target, { by: 'ben', reason: 'slow' });
    for (const site of sites) expect((await site.closed()).outcome).toBe('aborted');

    const world = () =>
      Promise.all(sites.map(async (site) => [await site.route(), await site.pids(), await site.starts()]));
    const writes = () => sites.map((site) => site.router.tap?.writes.length);
    const before = [await world(), writes()];
    wake();
    await sleep(4_000);
    expect([await world(), writes()]).toEqual(before);
    for (const site of sites) {
      expect(await site.route()).toMatchObject({ period: 'normal', split: { shareBp: 0, rest: 'stable' } });
      expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
      expect((await site.load.stop()).lostExamples).toEqual([]);
    }
  });
});
