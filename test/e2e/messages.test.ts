/** Messages that come twice, in the wrong order, too late or not at all: starts, commands, and writes at the router. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { abortRelease, approveStage, connect } from '../../src/client.ts';
import { readConfig } from '../../src/config.ts';
import { workflowIdOf } from '../../src/domain/names.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { Status } from '../../src/domain/status.ts';
import { eventually } from '../support/processes.ts';
import { stages } from '../support/site/release.ts';
import { fenceBreaches } from '../support/site/routers.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();
const asked = { by: 'ben', reason: 'test' };
const approval = { deadlineMs: 60_000, otherwise: 'rollback' } as const;
const saying = ({ journal }: Status, text: string) => journal.filter((entry) => entry.text.includes(text)).length;
const sharing =
  (shareBp: number) =>
  ({ split }: DesiredRoute): boolean =>
    split.shareBp === shareBp;

describe('two starts at once', { timeout: 60_000 }, () => {
  it('make one release; the other is told who started it', async () => {
    const site = await Site.open(engine());
    const other = await connect({ temporal: readConfig(engine().env).temporal });
    const people = { ana: engine().client, ben: other };
    const starts = await Promise.allSettled([site.start('ana', people.ana), site.start('ben', people.ben)]);
    const winner = (await site.until(() => true)).by;
    const [won, lost] = winner === 'ana' ? starts : [...starts].reverse();
    expect(won).toMatchObject({ status: 'fulfilled', value: { already: false } });
    expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'targetBusy', details: { by: winner } } });
    expect((await site.closed()).outcome).toBe('completed');
    const once = ['1.0.0', '2.0.0'];
    expect(await site.starts()).toEqual({ s1: once, s2: once, s3: once, s4: once });
    await other.connection.close();
  });
});

describe('commands', { timeout: 60_000 }, () => {
  it('sent twice act once; in the wrong order, for another stage or after the end they are refused aloud', async () => {
    const [first, second] = stages(2_000, 5_000);
    const site = await Site.open(engine(), {
      change: () => ({ ramp: { patience: 20, stages: [first, second].flatMap((stage) => stage ?? []).map(gated) } }),
    });
    const handle = engine().client.workflow.getHandle(workflowIdOf(site.target));
    const input = (id: string, more: object = {}) => ({ ...asked, requestId: id, ...more });
    await site.start();
    await site.until(({ stage }) => stage?.clock != null);
    const early = input('early', { stage: 1 });
    await handle.signal('approve', early);
    await handle.signal('resume', input('too-early'));
    const twice = input('pause-1');
    await Promise.all([handle.signal('pause', twice), handle.signal('pause', twice)]);
    await site.until(({ paused }) => paused !== null);
    await handle.signal('resume', input('resume-1'));
    await site.until(({ paused }) => paused === null);
    // Late duplicates of what was done and undone since.
    expect(await handle.executeUpdate('pause', { args: [twice] })).toMatchObject({ answer: 'done' });
    await handle.signal('pause', twice);
    const gate = await site.until((status) => status.gate !== null);
    expect(gate).toMatchObject({ paused: null, gate: { stage: 1, approved: null } });
    expect([saying(gate, 'pause: '), saying(gate, 'approve by Signal'), saying(gate, 'resume by Signal')]).toEqual([
      1, 1, 1,
    ]);

    const open = input('open-1', { stage: 1 });
    await Promise.all([handle.signal('approve', open), handle.signal('approve', open)]);
    const next = await site.until((status) => status.gate?.stage === 2);
    await handle.signal('approve', open);
    await handle.signal('approve', input('open-1-again', { stage: 1 }));
    const still = await site.until((status) => saying(status, 'approve by Signal') === 2);
    expect(still.gate).toEqual(next.gate);
    await approveStage(engine().client, site.target, 2, asked);
    expect((await site.closed()).outcome).toBe('completed');
    await expect(abortRelease(engine().client, site.target, asked)).rejects.toMatchObject({ code: 'noRelease' });
    expect(fenceBreaches(site.router.tap?.writes ?? [])).toEqual([]);
  });
});

const gated = <S extends object>(stage: S) => ({ ...stage, approval });

describe('writes at the router', { timeout: 60_000 }, () => {
  it('whose answer was lost are done once, and one that arrives after an abort is refused', async () => {
    const site = await Site.open(engine(), {
      change: () => ({ ramp: { patience: 20, stages: stages(2_000, 5_000) } }),
    });
    const { tap } = site.router;
    if (tap === null) throw new Error('this router has no tap');
    const lost = tap.loseAnswer(sharing(2_000));
    const held = tap.holdBack(sharing(5_000));
    await site.start();
    await lost;
    const arrive = await held;
    const repeated = tap.writes.filter(sharing(2_000));
    expect(repeated.map(({ fence }) => fence)).toEqual([repeated[0]?.fence, repeated[0]?.fence]);
    await abortRelease(engine().client, site.target, { ...asked, requestId: randomUUID() });
    expect((await site.closed()).outcome).toBe('aborted');
    await eventually(async () => (await site.route()).period === 'normal');
    const before = await site.route();
    expect(await arrive()).toBe(409);
    expect(await site.route()).toEqual(before);
    expect(fenceBreaches(tap.writes)).toEqual([]);
    expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
    expect((await site.load.stop()).lostExamples).toEqual([]);
  });
});
