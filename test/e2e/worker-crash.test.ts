/** A worker gets SIGKILL in every phase: with a new one the release goes on, and nothing is done twice. */
import { describe, expect, it } from 'vitest';
import { approveStage, rollbackRelease } from '../../src/client.ts';
import type { Status } from '../../src/domain/status.ts';
import { useEngine } from '../support/site/engine.ts';
import { asTester, passesWhen, stages } from '../support/site/release.ts';
import { fenceBreaches } from '../support/site/routers.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const asked = { by: 'ben', reason: 'test' };

/** From the kill to the next step of the release, a new worker's start included. */
const goesOnWithinMs = 30_000;

const deploying = ({ activities = [] }: Status) => activities.some(({ name }) => name === 'deploy');

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
    const once = ['1.0.0', '2.0.0'];
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
