/** The router is killed, restarted and reloaded under a release: split and membership come back, proven before the clock goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { approveStage, skipHold } from '../../src/client.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import type { Status } from '../../src/domain/status.ts';
import { asTester, passesWhen } from '../support/site/release.ts';
import { type RouterKind, routerKinds } from '../support/site/routers.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const asked = { by: 'ben', reason: 'test' };
const deploying = ({ activities = [] }: Status) => activities.some(({ name }) => name === 'deploy');
const restored = ({ journal }: Status) =>
  journal.filter(({ text }) => text.includes('confirming the whole route again'));

/** What `restart` compares must not be changed by the release meanwhile, so it waits for us wherever it can. */
const change = (file: (name: string) => string): Partial<ReleaseSpec> => ({
  hooks: { beforeDeployment: passesWhen(file('migrated')) },
  verify: { deployment: [passesWhen(file('deployed'))], gray: [passesWhen(file('looked')), asTester] },
  ramp: {
    patience: 20,
    stages: [{ shareBp: 3_000, holdMs: 60_000, approval: { deadlineMs: 60_000, otherwise: 'rollback' } }],
  },
  leveling: { batch: 2, onServerFailure: 'exception' },
  watch: { forMs: 3_000 },
});

/** Away for a moment; whoever comes back holds what the one before held, before the release has said a word. */
async function restart(site: Site): Promise<void> {
  const { fence: _, ...before } = await site.route();
  await site.outage(async () => {
    await site.router.kill();
    await sleep(300);
    await site.router.start();
  });
  expect(await site.route()).toMatchObject(before);
}

/** The clock of the stage went on only after the route was set and confirmed again. */
async function holdsAgain(site: Site, times: number): Promise<void> {
  const status = await site.until((now) => restored(now).length === times && now.stage?.clock?.sinceMs != null);
  expect(status.stage?.clock?.sinceMs).toBeGreaterThanOrEqual(
    restored(status).at(-1)?.atMs ?? Number.POSITIVE_INFINITY,
  );
  expect(await site.route()).toMatchObject({ period: 'gray', fence: status.fence, split: { shareBp: status.shareBp } });
}

async function playOn(router: RouterKind): Promise<void> {
  const site = await Site.open(engine(), { router, change });
  await site.start();
  await site.until(({ activities = [] }) => activities.some(({ name }) => name === 'runHook'));
  await restart(site);
  await site.switchOn('migrated');
  await site.until(({ phase }) => phase === 'deploymentVerification');
  await restart(site);
  await site.switchOn('deployed');
  await site.until(({ activities = [] }) => activities.some(({ name }) => name === 'checkEntrance'));
  await restart(site);
  await site.switchOff('deployed');
  await site.switchOn('looked');
  await site.until(({ stage }) => stage?.clock != null);
  await restart(site);
  await holdsAgain(site, 1);
  if (router === 'haproxy') await site.router.reload();
  else await site.outage(() => site.router.reload());
  await holdsAgain(site, 2);
  await skipHold(engine().client, site.target, asked);
  await site.until(({ gate }) => gate !== null);
  await restart(site);
  await site.until((status) => restored(status).length === 3);
  await approveStage(engine().client, site.target, 1, asked);
  await site.until((status) => status.phase === 'leveling' && deploying(status));
  await restart(site);
  await site.switchOn('deployed');
  await site.until(({ phase }) => phase === 'watch');
  await restart(site);
  const status = await site.closed();

  expect(status.outcome).toBe('completed');
  const once = ['1.0.0', '2.0.0'];
  expect(await site.starts()).toEqual({ s1: once, s2: once, s3: once, s4: once });
  expect(await site.route()).toMatchObject({ period: 'normal', stable: 'b', split: { shareBp: 0, rest: 'stable' } });
  expect(await site.lostUnexpectedly()).toBe(0);
  expect((await site.load.stop()).moves['2.0.0 > 1.0.0']).toBeUndefined();
}

describe('a release whose router', { timeout: 120_000 }, () => {
  it('is restarted or reloaded in every phase is completed, and requests are lost only while no router is there', async () => {
    await Promise.all(routerKinds.map(playOn));
  });
});
