/** Servers die and metrics go dark under a release: users are served by who is left, and nothing passes without evidence. */
import { describe, expect, it } from 'vitest';
import { rollbackRelease } from '../../src/client.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import type { Status } from '../../src/domain/status.ts';
import { eventually } from '../support/processes.ts';
import { useEngine } from '../support/site/engine.ts';
import { stages } from '../support/site/release.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const upIds = ({ servers }: Status) => servers.flatMap(({ id, up }) => (up ? [id] : []));
const shareAtRouter = (site: Site, shareBp: number) =>
  eventually(async () => (await site.route()).split.shareBp === shareBp);

/** Two gray servers of six carry 40 % of the users, one of them 26.66 %, none nobody. */
const tight = (): Partial<ReleaseSpec> => ({
  capacity: { maxLoad: 1.6 },
  ramp: { patience: 20, stages: [{ shareBp: 4_000, holdMs: 2_500 }] },
  leveling: { batch: 4, onServerFailure: 'exception' },
});

describe.each([
  // It asks another server again for what a dying one broke off.
  { router: 'embedded', inFlight: 0 },
  // Answers that were on their way from the dying server: at 80 requests a second of 5 ms hardly one, and never many.
  { router: 'haproxy', inFlight: 2 },
] as const)('gray servers that die behind the $router router', { timeout: 120_000 }, ({ router, inFlight }) => {
  it('take their share along, down to nobody; the stage holds until they are back and proven', async () => {
    const site = await Site.open(engine(), { router, servers: 6, change: tight });
    await site.start();
    await site.until(({ stage }) => stage?.clock != null);
    await site.killServer('s1');
    const one = await site.until(({ shareBp }) => shareBp === 2_666);
    expect(upIds(one)).toEqual(['s2', 's3', 's4', 's5', 's6']);
    expect(one.stage?.clock?.sinceMs).toBeNull();
    await shareAtRouter(site, 2_666);
    await site.killServer('s2');
    const none = await site.until(({ shareBp }) => shareBp === 0);
    expect(none).toMatchObject({ phase: 'ramp', period: 'gray', stage: { clock: { sinceMs: null } } });
    await shareAtRouter(site, 0);
    await Promise.all([site.reviveServer('s1'), site.reviveServer('s2')]);
    const back = await site.until(({ shareBp, stage }) => shareBp === 4_000 && stage?.clock?.sinceMs != null);
    expect(back.journal.some(({ text }) => text.startsWith('up again'))).toBe(true);
    expect((await site.closed()).outcome).toBe('completed');

    const twice = ['1.0.0', '2.0.0', '2.0.0'];
    expect(await site.starts()).toMatchObject({ s1: twice, s2: twice, s3: ['1.0.0', '2.0.0'] });
    const { lost, errors } = await site.load.stop();
    expect(errors).toBe(0);
    expect(lost).toBeLessThanOrEqual(2 * inFlight);
  });
});

describe('a metric source that goes away', { timeout: 120_000 }, () => {
  it('holds the stage and never passes it; a rollback needs no metrics', async () => {
    const site = await Site.open(engine(), {
      faults: { failMetrics: true, onlyWhile: 'dark' },
      change: () => ({ ramp: { patience: 20, stages: stages(3_000, 5_000) } }),
    });
    await site.switchOn('dark');
    await site.start();
    const held = await site.until(({ stage }) => (stage?.clock?.extensions ?? 0) >= 2);
    expect(held).toMatchObject({
      phase: 'ramp',
      shareBp: 3_000,
      stage: { number: 1 },
      verdict: { kind: 'inconclusive' },
    });
    expect(held.verdict?.reason).toContain('s1: cannot be scraped');
    await site.switchOff('dark');
    await site.until(({ stage }) => stage?.number === 2 && stage.clock !== null);
    await site.switchOn('dark');
    const dark = await site.until(({ stage }) => (stage?.clock?.extensions ?? 0) >= 1);
    expect(dark.stage?.number).toBe(2);
    await rollbackRelease(engine().client, site.target, { by: 'ben', reason: 'flying blind' });
    expect((await site.closed()).outcome).toBe('rolledBack');
    expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
    expect(await site.route()).toMatchObject({ period: 'normal', split: { shareBp: 0 } });
    expect((await site.load.stop()).lostExamples).toEqual([]);
  });
});
