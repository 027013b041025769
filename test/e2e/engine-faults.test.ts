/** The engine dies under a release: workers killed or frozen, Temporal stopped or crashed. It goes on, and nothing is done twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { abortRelease, approveStage, rollbackRelease } from '../../src/client.ts';
import type { Status } from '../../src/domain/status.ts';
import { asTester, passesWhen, stages } from '../support/site/release.ts';
import { fenceBreaches } from '../support/site/routers.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const asked = { by: 'ben', reason: 'test' };
const once = ['1.0.0', '2.0.0'];
const deploying = ({ activities = [] }: Status) => activities.some(({ name }) => name === 'deploy');

/** From the kill to the next step of the release, a new worker's start included. */
const goesOnWithinMs = 30_000;

async function killIn(site: Site, where: (status: Status) => boolean): Promise<void> {
  await site.until(where);
  await engine().replaceWorkers();
}

const next = (site: Site, phase: Status['phase']) => site.until((status) => status.phase === phase, goesOnWithinMs);

describe('a release whose worker is killed', { timeout: 240_000 }, () => {
  it('in every phase on the way forward is completed, each server started once, each fence used once', async () => {
    const site = await Site.open(engine(), {
      faults: { startMs: 700 },
      change: (file) => ({
        verify: { deployment: [passesWhen(file('deployed'))], gray: [asTester, passesWhen(file('looked'))] },
        ramp: {
          patience: 20,
          stages: stages(2_000, 5_000).map((stage, at) =>
            at === 0 ? { ...stage, approval: { deadlineMs: 60_000, otherwise: 'rollback' } } : stage,
          ),
        },
        watch: { forMs: 3_000 },
      }),
    });
    await site.start();
    await killIn(site, (status) => status.phase === 'deployment' && deploying(status));
    await killIn(site, ({ phase }) => phase === 'deploymentVerification');
    await site.switchOn('deployed');
    await next(site, 'grayVerification');
    await killIn(site, ({ activities = [] }) => activities.some(({ name }) => name === 'checkEntrance'));
    const switched = site.router.tap?.loseAnswer(({ period }) => period === 'gray');
    await site.switchOn('looked');
    await switched;
    await engine().replaceWorkers();
    await next(site, 'ramp');
    await killIn(site, ({ stage }) => stage?.clock != null);
    await site.until(({ gate }) => gate !== null, goesOnWithinMs);
    await engine().replaceWorkers();
    await approveStage(engine().client, site.target, 1, asked);
    await killIn(site, (status) => status.phase === 'leveling' && deploying(status));
    await next(site, 'watch');
    await engine().replaceWorkers();
    const status = await site.closed(goesOnWithinMs);

    expect(status.outcome).toBe('completed');
    expect(await site.versions()).toEqual(['2.0.0', '2.0.0', '2.0.0', '2.0.0']);
    expect(await site.starts()).toEqual({ s1: once, s2: once, s3: once, s4: once });
    expect(fenceBreaches(site.router.tap?.writes ?? [])).toEqual([]);
    expect(site.router.tap?.refused).toEqual([]);
    const { lostExamples, moves } = await site.load.stop();
    expect({ lostExamples, movedBack: moves['2.0.0 > 1.0.0'] }).toEqual({ lostExamples: [] });
  });

  it('in the exception period and in the rollback is rolled back, each server started once each way', async () => {
    const site = await Site.open(engine(), {
      faults: { errorRate: 1, errorOnlyWithHeader: 'x-user-id', errorExcept: ['tester'] },
      baseFaults: { startMs: 700 },
      change: () => ({ exception: { policy: 'hold', holdForMs: 60_000, drainMs: 500 } }),
    });
    await site.start();
    await killIn(site, ({ held }) => held);
    expect(await site.route()).toMatchObject({ period: 'exception', split: { shareBp: 0, alwaysGray: [] } });
    await rollbackRelease(engine().client, site.target, asked);
    await killIn(site, (status) => status.phase === 'rollback' && deploying(status));
    const status = await site.closed(goesOnWithinMs);

    expect(status.outcome).toBe('rolledBack');
    expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
    const back = ['1.0.0', '2.0.0', '1.0.0'];
    expect(await site.starts()).toEqual({ s1: back, s2: back, s3: ['1.0.0'], s4: ['1.0.0'] });
    expect(fenceBreaches(site.router.tap?.writes ?? [])).toEqual([]);
    expect(site.router.tap?.writes.at(-1)).toMatchObject({ period: 'normal', split: { shareBp: 0 } });
    expect((await site.load.stop()).lostExamples).toEqual([]);
  });
});

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
