/** A rehearsal on real parts, between a release and its rollback, under load from a client that never retries. */
import { describe, expect, it } from 'vitest';
import { rollbackRelease, startRelease, waitForRelease } from '../../src/client.ts';
import { routerKinds } from '../support/site/routers.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const ana = { by: 'ana', reason: 'is the judge right?' };

describe('a rehearsal, on either router', { timeout: 120_000 }, () => {
  it('restarts no server, loses no request, and leaves the release before it to be undone', async () => {
    await Promise.all(
      routerKinds.map(async (router) => {
        const site = await Site.open(engine(), { router });
        const { client } = engine();
        await site.start();
        expect((await site.closed()).outcome).toBe('completed');
        const before = await site.pids();

        await startRelease(client, { ...ana, spec: site.spec, mode: 'rehearsal', requestId: 'rehearsal' });
        const status = await waitForRelease(client, site.target, { until: 'closed', requestId: 'rehearsal' });
        expect(status).toMatchObject({ outcome: 'rehearsed', failure: null, rehearsed: { falseRollbacks: 0 } });
        expect(await site.pids()).toEqual(before);
        expect(await site.route()).toMatchObject({
          ...{ period: 'normal', stable: 'b', split: { shareBp: 0, alwaysGray: [], rest: 'stable' } },
          servers: { s1: 'b', s2: 'b', s3: 'b', s4: 'b' },
        });

        await rollbackRelease(client, site.target, { ...ana, requestId: 'back' });
        const back = await waitForRelease(client, site.target, { until: 'closed', requestId: 'back' });
        expect(back.outcome).toBe('rolledBack');
        expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
        const { lostExamples, errors } = await site.load.stop();
        expect({ lostExamples, errors }).toEqual({ lostExamples: [], errors: 0 });
      }),
    );
  });
});
