/** A whole release on real parts, under load from a client that never retries. */
import { describe, expect, it } from 'vitest';
import { useEngine } from '../support/site/engine.ts';
import { routerKinds, type SiteRouterKind } from '../support/site/routers.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const once = ['1.0.0', '2.0.0'];

/** Side by side: most of a release is waiting. */
const onEach = (routers: readonly SiteRouterKind[], play: (router: SiteRouterKind) => Promise<void>) =>
  Promise.all(routers.map(play));

describe('a release, on each router', { timeout: 90_000 }, () => {
  it('goes from request to last server and loses no request', async () => {
    await onEach([...routerKinds, 'caddy'], async (router) => {
      const site = await Site.open(engine(), { router });
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
    await onEach(routerKinds, async (router) => {
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
