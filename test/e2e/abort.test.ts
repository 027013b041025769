/** Abort in every phase, on real parts: everything back on base, share 0, nobody lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { abortRelease, pauseRelease, rollbackRelease } from '../../src/client.ts';
import type { Status } from '../../src/domain/status.ts';
import { asTester, health, passesWhen, stages } from '../support/site/release.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site, type SiteOrder } from '../support/site.ts';

const engine = useEngine();
const asked = { by: 'ben', reason: 'slow' };
const deploying = ({ activities = [] }: Status) => activities.some(({ name }) => name === 'deploy');
const holding = ({ stage }: Status) => stage?.clock != null;
const approval = { deadlineMs: 60_000, otherwise: 'rollback' } as const;

interface Case {
  readonly where: string;
  readonly order?: SiteOrder;
  /** Resolves when the release is there. */
  readonly come: (site: Site) => Promise<unknown>;
  readonly answer?: 'done' | 'already';
  readonly outcome?: Status['outcome'];
}

const never = (file: (name: string) => string) => passesWhen(file('never'));
const long = { ramp: { patience: 3, stages: [{ shareBp: 3_000, holdMs: 60_000 }] } };
const broken = { errorRate: 1, errorOnlyWithHeader: 'x-user-id', errorExcept: ['tester'] };

const beforeUsers: readonly Case[] = [
  {
    where: 'deployment',
    order: { faults: { startMs: 3_000 } },
    come: (site) => site.until((status) => status.phase === 'deployment' && deploying(status)),
  },
  {
    where: 'deployment verification',
    order: { change: (file) => ({ verify: { deployment: [never(file)], gray: [asTester] } }) },
    come: (site) => site.until(({ phase }) => phase === 'deploymentVerification'),
  },
  {
    where: 'gray verification',
    order: { change: (file) => ({ verify: { deployment: [health], gray: [never(file)] } }) },
    come: (site) => site.until(({ activities = [] }) => activities.some(({ name }) => name === 'checkEntrance')),
  },
];

const inTheRamp: readonly Case[] = [
  { where: 'a hold', order: { change: () => long }, come: (site) => site.until(holding) },
  {
    where: 'a pause',
    order: { change: () => long },
    come: async (site) => {
      await site.until(holding);
      await pauseRelease(engine().client, site.target, asked);
    },
  },
  {
    where: 'a gate',
    order: {
      change: () => ({ ramp: { patience: 9, stages: stages(3_000).map((stage) => ({ ...stage, approval })) } }),
    },
    come: (site) => site.until(({ gate }) => gate !== null),
  },
];

const later: readonly Case[] = [
  {
    where: 'leveling',
    order: { faults: { startMs: 1_000 } },
    come: (site) => site.until((status) => status.phase === 'leveling' && deploying(status)),
  },
  {
    where: 'the watch',
    order: { change: () => ({ watch: { forMs: 60_000 } }) },
    come: (site) => site.until(({ phase }) => phase === 'watch'),
  },
  {
    where: 'a hold of the exception period',
    order: {
      faults: broken,
      change: () => ({ exception: { policy: 'hold', holdForMs: 60_000, drainMs: 500 } }),
    },
    come: (site) => site.until(({ held }) => held),
  },
  {
    where: 'a rollback',
    order: { baseFaults: { startMs: 1_500 }, change: () => long },
    come: async (site) => {
      await site.until(holding);
      await rollbackRelease(engine().client, site.target, asked);
      await site.until((status) => status.phase === 'rollback' && deploying(status));
    },
    answer: 'already',
    outcome: 'rolledBack',
  },
];

async function abortIn({ order, come, answer = 'done', outcome = 'aborted' }: Case): Promise<void> {
  const site = await Site.open(engine(), { servers: 3, gray: 1, rate: 30, ...order });
  await site.start();
  await come(site);
  expect(await abortRelease(engine().client, site.target, asked)).toMatchObject({ answer });
  expect((await site.closed()).outcome).toBe(outcome);
  expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  const lists = { alwaysGray: [], alwaysStable: [] };
  expect(await site.route()).toMatchObject({
    ...{ period: 'normal', stable: 'a', split: { shareBp: 0, rest: 'stable', ...lists } },
    servers: { s1: 'a', s2: 'a', s3: 'a' },
  });
  expect((await site.load.stop()).lostExamples).toEqual([]);
  await site.end();
}

describe('an abort', { timeout: 120_000 }, () => {
  it.each([
    ['before any user', beforeUsers],
    ['in the ramp', inTheRamp],
    ['late', later],
  ] as const)('%s brings everything back to base and share 0', async (_, cases) => {
    const results = await Promise.allSettled(cases.map(abortIn));
    const failed = results.flatMap((result, at) =>
      result.status === 'rejected' ? [`${cases[at]?.where}: ${result.reason}`] : [],
    );
    expect(failed).toEqual([]);
  });

  it('that comes while the router is dead is carried out as soon as it is back, and once more when it dies again', async () => {
    const site = await Site.open(engine(), { baseFaults: { startMs: 1_500 }, change: () => long });
    const away = async (meanwhile: () => Promise<unknown>) => {
      await site.router.kill();
      await meanwhile();
      await site.router.start();
    };
    await site.start();
    await site.until(holding);
    await site.outage(() => away(() => abortRelease(engine().client, site.target, asked)));
    await site.until((status) => status.phase === 'rollback' && deploying(status));
    await site.outage(() => away(() => sleep(2_000)));
    expect((await site.closed()).outcome).toBe('aborted');
    expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
    expect(await site.route()).toMatchObject({
      period: 'normal',
      split: { shareBp: 0 },
      servers: { s1: 'a', s2: 'a' },
    });
    expect(await site.lostUnexpectedly()).toBe(0);
  });
});
