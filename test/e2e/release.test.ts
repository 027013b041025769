/** A whole release on real parts, under load from a client that never retries. */
import { describe, expect, it } from 'vitest';
import { routerKinds } from '../support/site/routers.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site, type SiteOrder } from '../support/site.ts';

const engine = useEngine();
const once = ['1.0.0', '2.0.0'];

/** Side by side: most of a release is waiting. */
const onEach = <Order extends SiteOrder>(orders: readonly Order[], play: (order: Order) => Promise<void>) =>
  Promise.all(orders.map(play));

const routers = routerKinds.map((router) => ({ router }));

describe('a release, on each router', { timeout: 90_000 }, () => {
  it('goes from request to last server and loses no request', async () => {
    const overSsh = { router: 'nginx', deployer: 'ssh' } as const;
    await onEach<SiteOrder>([...routers, { router: 'caddy' }, { router: 'envoy' }, overSsh], async (order) => {
      const site = await Site.open(engine(), order);
      await site.start();
      expect((await site.closed()).outcome).toBe('completed');
      expect(await site.versions()).toEqual(['2.0.0', '2.0.0', '2.0.0', '2.0.0']);
      expect(await site.starts()).toEqual({ s1: once, s2: once, s3: once, s4: once });
      expect(await site.route()).toMatchObject({
        ...{ period: 'normal', stable: 'b', split: { shareBp: 0, alwaysGray: [], rest: 'stable' } },
        servers: { s1: 'b', s2: 'b', s3: 'b', s4: 'b' },
      });
      const { lostExamples, moves, sent, errors } = await site.load.stop();
      expect({ lostExamples, errors, movedBack: moves['2.0.0 > 1.0.0'] }).toEqual({ lostExamples: [], errors: 0 });
      expect(sent).toBeGreaterThan(100);
    });
  });

  it('is rolled back without a lost request when the last server refuses the new version', async () => {
    await onEach(routers, async ({ router }) => {
      const site = await Site.open(engine(), { router, faults: { refuseOn: ['s4'] } });
      await site.start();
      const status = await site.closed();
      expect(status.outcome).toBe('rolledBack');
      expect(status.failure).toContain('s4');
      expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
      expect(await site.route()).toMatchObject({
        ...{ period: 'normal', stable: 'a', split: { shareBp: 0, alwaysGray: [], rest: 'stable' } },
        servers: { s1: 'a', s2: 'a', s3: 'a', s4: 'a' },
      });
      const { lostExamples, errors, versions } = await site.load.stop();
      expect({ lostExamples, errors }).toEqual({ lostExamples: [], errors: 0 });
      expect(versions['2.0.0']).toBeGreaterThan(50);
    });
  });
});
