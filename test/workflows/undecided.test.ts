import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StageSpec } from '../../src/domain/spec.ts';
import type { Status } from '../../src/domain/status.ts';
import { useTemporal } from '../support/temporal.ts';
import { broken, healthy, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const shareBp = 500;
const ramp = (undecided: StageSpec['undecided'], answerWithinMs = 60_000, holdMs = 300) => ({
  ramp: { patience: 3, answerWithinMs, stages: [{ shareBp, holdMs, ...(undecided && { undecided }) }] },
});
const hold = { policy: 'hold', holdForMs: 20_000, drainMs: 200 } as const;
const waiting = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const asking = (status: Status): boolean => status.waiting?.what.includes('verdict') === true;
const highestShare = () => Math.max(...world.routes.map(({ split }) => split.shareBp));

/** The release comes to the end of its hold and knows nothing of gray. */
async function undecided(change: Partial<World['spec']>): Promise<Status> {
  world = new World(temporal(), change);
  world.metrics.set('*', 'gray', 'unusable');
  await world.work();
  await world.start();
  return world.until(asking);
}

describe('an undecided stage that holds and asks', () => {
  it('says what it waits for, until when, what happens then, and what an operator may do', async () => {
    const before = Date.now();
    const told = { notify: [{ kind: 'memory' }] } as const;
    const { waiting, may, shareBp: share, journal } = await undecided({ ...ramp('hold'), ...told });
    expect(share).toBe(shareBp);
    expect(waiting).toMatchObject({ what: 'a verdict, skip or rollback in stage 1', otherwise: 'rollback' });
    expect(waiting?.deadlineMs).toBeGreaterThan(before + 60_000);
    expect(may).toEqual(['pause', 'skip', 'abort', 'rollback']);
    expect(journal.at(-1)?.text).toMatch(/^undecided at the end of the hold: .*cannot be measured/);
    await vi.waitFor(() =>
      expect(world.events).toContainEqual(
        expect.objectContaining({
          kind: 'waiting',
          text: expect.stringMatching(/^waiting for a verdict, skip or rollback in stage 1: .*cannot be measured/),
        }),
      ),
    );
  });

  it('goes on when an operator skips it, as a recorded override', async () => {
    await undecided(ramp('hold'));
    const { text } = await world.send('skip', { reason: 'too little traffic at night' });
    expect(text).toBe('stage 1 goes on without a verdict');
    const { outcome, journal } = await world.result();
    expect(outcome).toBe('completed');
    expect(journal).toContainEqual(
      expect.objectContaining({ by: 'ben', text: expect.stringContaining('too little traffic at night') }),
    );
  });

  it('goes on by itself as soon as there is a pass', async () => {
    await undecided(ramp('hold'));
    world.metrics.set('*', 'gray', healthy, Date.now());
    const { outcome, journal } = await world.result();
    expect(outcome).toBe('completed');
    expect(journal.some(({ text }) => text.startsWith('passed'))).toBe(true);
  });

  it('takes users off gray at once on a fail, and the exception policy acts', async () => {
    await undecided({ ...ramp('hold'), exception: hold });
    world.metrics.set('*', 'gray', broken, Date.now());
    expect(await world.until(({ held }) => held)).toMatchObject({ phase: 'exception', shareBp: 0 });
    await world.send('rollback');
    expect((await world.result()).outcome).toBe('rolledBack');
  });

  it('rolls back when nobody decides in time, also where the exception policy would hold', async () => {
    await undecided({ ...ramp('hold', 1_000), exception: hold });
    const { outcome, failure } = await world.result();
    expect(outcome).toBe('rolledBack');
    expect(failure).toMatch(/^nobody decided stage 1 in time: .*cannot be measured/);
    expect(highestShare()).toBe(shareBp);
  });

  it('is ended by an abort', async () => {
    await undecided(ramp('hold'));
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
  });

  it('does not lose its time in a pause, which a pass does not end', async () => {
    await undecided(ramp('hold', 2_500));
    await world.send('pause');
    expect(await world.until(({ waiting }) => waiting === null)).toMatchObject({ phase: 'ramp' });
    await waiting(2_600);
    world.metrics.set('*', 'gray', healthy, Date.now());
    await waiting(500);
    expect(await world.status()).toMatchObject({ phase: 'ramp', shareBp, paused: { by: 'ben' } });
    await world.send('resume');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('keeps its deadline while the router is restored', async () => {
    const { waiting: before } = await undecided(ramp('hold', 30_000));
    const { fence } = await world.status();
    world.router.restart();
    const after = await world.until((status) => status.fence > fence && asking(status));
    expect(after.waiting).toEqual(before);
    await world.send('skip');
    expect((await world.result()).outcome).toBe('completed');
  });

  it('waits for gray servers that died, and then asks again with what is left', async () => {
    const { waiting: before } = await undecided(ramp('hold', 60_000, 2_000));
    for (const id of ['s1', 's2']) world.router.setUp(id, false);
    await world.until(({ waiting, shareBp: share }) => share === 0 && waiting?.what.includes('gray servers') === true);
    for (const id of ['s1', 's2']) world.router.setUp(id, true);
    const after = await world.until((status) => asking(status) && status.shareBp === shareBp);
    expect(after.waiting?.deadlineMs).toBe(before?.deadlineMs);
    await world.send('abort');
    expect((await world.result()).outcome).toBe('aborted');
  });
});

describe('an undecided stage that rolls back', () => {
  it('does so at the end of its first hold, also where the exception policy would hold', async () => {
    world = new World(temporal(), { ...ramp('rollback'), exception: hold });
    world.metrics.set('*', 'gray', { perSecond: 0, badRate: 0 });
    const { outcome, failure, journal } = await world.run();
    expect(outcome).toBe('rolledBack');
    expect(failure).toMatch(/^no verdict at the end of the hold/);
    expect(journal.some(({ text }) => text.includes('extended'))).toBe(false);
    expect(highestShare()).toBe(shareBp);
  });

  it('goes on like any other on a pass', async () => {
    world = new World(temporal(), ramp('rollback', 60_000, 800));
    expect((await world.run()).outcome).toBe('completed');
  });
});

describe('the policy of the ramp', () => {
  it('holds for a stage that says nothing; what a stage says comes first', async () => {
    const { ramp: own } = ramp('extend');
    world = new World(temporal(), { ramp: { ...own, patience: 2, undecided: 'rollback' } });
    world.metrics.goAway();
    const { outcome, failure } = await world.run();
    expect({ outcome, failure }).toEqual({
      outcome: 'rolledBack',
      failure: expect.stringMatching(/^no verdict in 2 holds/),
    });
    await world.end();
    world = new World(temporal(), { ramp: { ...ramp(undefined).ramp, undecided: 'rollback' } });
    world.metrics.goAway();
    expect((await world.run()).failure).toMatch(/^no verdict at the end of the hold/);
  });
});
