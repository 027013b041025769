/** A whole release on real parts, under load from a client that never retries. */
import { describe, expect, it } from 'vitest';
import { useEngine } from '../support/site/engine.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const oneByOne = (ids: readonly string[], versions: readonly string[]) =>
  Object.fromEntries(ids.map((id) => [id, versions]));

describe.each(['embedded', 'haproxy'] as const)('a release on %s', { timeout: 90_000 }, (router) => {
  it('goes from request to last server and loses no request', async () => {
    const site = await Site.open(engine(), { router });
    await site.start();
    expect((await site.closed()).outcome).toBe('completed');
    expect(await site.versions()).toEqual(['2.0.0', '2.0.0', '2.0.0', '2.0.0']);
    expect(await site.starts()).toEqual(oneByOne(['s1', 's2', 's3', 's4'], ['1.0.0', '2.0.0']));
    const { stable, servers, ...route } = await site.route();
    expect(route).toMatchObject({ period: 'normal', split: { shareBp: 0, alwaysGray: [], rest: 'stable' } });
    expect([stable, ...Object.values(servers)]).toEqual(['b', 'b', 'b', 'b', 'b']);
    const { lostExamples, moves, sent, errors } = await site.load.stop();
    expect({ lostExamples, errors, movedBack: moves['2.0.0 > 1.0.0'] }).toEqual({ lostExamples: [], errors: 0 });
    expect(sent).toBeGreaterThan(300);
  });

  it('is rolled back without a lost request when the last server refuses the new version', async () => {
    const site = await Site.open(engine(), { router, faults: { refuseOn: ['s4'] } });
    await site.start();
    const status = await site.closed();
    expect(status.outcome).toBe('rolledBack');
    expect(status.failure).toContain('s4');
    expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
    const { period, split, servers } = await site.route();
    expect({ period, share: split.shareBp, rest: split.rest }).toEqual({ period: 'normal', share: 0, rest: 'stable' });
    expect(new Set(Object.values(servers))).toEqual(new Set(['a']));
    const { lostExamples, errors, versions } = await site.load.stop();
    expect({ lostExamples, errors }).toEqual({ lostExamples: [], errors: 0 });
    expect(versions['2.0.0']).toBeGreaterThan(50);
  });
});
