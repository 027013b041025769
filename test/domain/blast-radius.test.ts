import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorShareBp } from '../../src/domain/capacity.ts';
import type { Candidate } from '../../src/domain/leveling.ts';
import { nextLevelingBatch, nextRollbackBatch } from '../../src/domain/leveling.ts';
import { planRelease } from '../../src/domain/plan.ts';
import { totalWeight } from '../../src/domain/server.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import { releaseSpec, servers } from '../support/release-spec.ts';

/** A fleet in up to four zones, mixed as an inventory may mix them, and a floor that may be too high. */
const fleets = fc.record({
  zones: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 2, maxLength: 24 }),
  grayCount: fc.integer({ min: 1, max: 6 }),
  size: fc.integer({ min: 1, max: 8 }),
  minServing: fc.integer({ min: 0, max: 24 }),
  maxLoad: fc.constantFrom(1.3, 2, 4),
  byZone: fc.boolean(),
});

const fleetOf = (zones: readonly string[]): Candidate[] =>
  zones.map((zone, n) => ({ id: `s${n}`, weight: 100, serving: true, zone }));

const zonesOf = (ids: readonly string[], fleet: readonly Candidate[]) =>
  new Set(fleet.filter(({ id }) => ids.includes(id)).map(({ zone }) => zone));

/** Each word once where the same ones stand side by side. */
const runsOf = (words: readonly (string | undefined)[]) => words.filter((word, n) => word !== words[n - 1]);

describe('leveling with a floor and zones', () => {
  it('never goes below the floor, never takes two zones at once, and always finishes where one server may leave', () => {
    fc.assert(
      fc.property(fleets, ({ zones, grayCount, size, minServing, maxLoad, byZone }) => {
        const fleet = fleetOf(zones);
        let left: Candidate[] = fleet.slice(Math.min(grayCount, fleet.length - 1));
        let split: { shareBp: number; rest: 'stable' | 'gray' } = { shareBp: 100, rest: 'stable' };
        const all = totalWeight(fleet);
        const limits = {
          ...(byZone && { zones: [...new Set(zones)] }),
          maxLoad,
          restBp: 0,
          mayLeave: Math.max(0, fleet.length - minServing),
        };
        const order: (string | undefined)[] = [];
        while (left.length > 0) {
          const capacity = { gray: all - totalWeight(left), stable: totalWeight(left), all };
          const batch = nextLevelingBatch(left, size, capacity, split, limits);
          if (batch === null) {
            // Nothing but the floor, or a load that even one server's absence brings about, holds it up.
            const oneGone = fleet.length / (fleet.length - 1);
            expect(minServing >= fleet.length || oneGone > maxLoad - 0.01).toBe(true);
            return;
          }
          expect(fleet.length - batch.servers.length).toBeGreaterThanOrEqual(minServing);
          const touched = zonesOf(batch.servers, fleet);
          if (byZone) expect(touched.size).toBe(1);
          order.push(...touched);
          left = left.filter(({ id }) => !batch.servers.includes(id));
          split = { shareBp: batch.shareBp, rest: batch.rest };
        }
        // A zone that was left is not gone back to.
        if (byZone) expect(new Set(runsOf(order)).size).toBe(runsOf(order).length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes a server that serves nobody whatever the floor: nobody misses it', () => {
    const left = [
      { id: 'up', weight: 100, serving: true },
      { id: 'down', weight: 100, serving: false },
    ];
    const batch = nextLevelingBatch(
      left,
      2,
      { gray: 100, stable: 100, all: 300 },
      { shareBp: 2_000, rest: 'stable' },
      { maxLoad: 3, restBp: 0, mayLeave: 0 },
    );
    expect(batch?.servers).toEqual(['down']);
  });
});

describe('a rollback with a floor and a size', () => {
  it('keeps the floor as long as users are on gray, but for the one server that makes it end', () => {
    fc.assert(
      fc.property(fleets, ({ zones, size, minServing, maxLoad }) => {
        const fleet = fleetOf(zones);
        let left = fleet;
        let split: { shareBp: number; rest: 'stable' | 'gray' } = { shareBp: 10_000, rest: 'gray' };
        const all = totalWeight(fleet);
        const limits = { maxLoad, restBp: 0, mayLeave: Math.max(0, fleet.length - minServing), atLeastOne: true, size };
        for (let rounds = 0; left.length > 0; rounds += 1) {
          expect(rounds).toBeLessThanOrEqual(fleet.length);
          const capacity = { gray: totalWeight(left), stable: all - totalWeight(left), all };
          const batch = nextRollbackBatch(left, capacity, split, limits);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(size);
          if (split.shareBp > 0 && batch.length > 1)
            expect(fleet.length - batch.length).toBeGreaterThanOrEqual(minServing);
          left = left.filter(({ id }) => !batch.includes(id));
          const after = { gray: totalWeight(left), stable: all - totalWeight(left), all };
          const shareBp = floorShareBp(after, maxLoad, split.shareBp);
          split = { shareBp, rest: shareBp === 0 ? 'stable' : split.rest };
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is as fast as it was where nobody is on gray: there is no floor for servers that nobody misses', () => {
    const left = fleetOf(['a', 'b', 'c']);
    const limits = { maxLoad: 1, restBp: 0, mayLeave: 0, atLeastOne: true };
    const capacity = { gray: 300, stable: 500, all: 800 };
    expect(nextRollbackBatch(left, capacity, { shareBp: 0, rest: 'stable' }, limits)).toEqual(['s0', 's1', 's2']);
  });
});

const plan = (change: Partial<ReleaseSpec>) => planRelease(releaseSpec('shop', change));
const zoned = servers(8).map((server, n) => ({ ...server, zone: n % 2 === 0 ? 'a' : 'b' }));

describe('the plan of a release with limits', () => {
  it('says how many servers serve at every step, and fits batches to the floor', () => {
    const { steps, problems } = plan({
      capacity: { maxLoad: 1.5, minServing: 6 },
      leveling: { batch: 4, onServerFailure: 'wait' },
    });
    expect(problems).toEqual([]);
    expect(steps.map(({ serving }) => serving)).toEqual([6, 8, 8, 8, 8, 8, 6, 6, 6, 8]);
  });

  it('refuses a deployment below the floor, and leveling that the floor holds up', () => {
    expect(plan({ capacity: { maxLoad: 1.5, minServing: 7 } }).problems).toEqual([
      {
        path: 'capacity.minServing',
        message: expect.stringContaining('6 servers would serve in deployment, and 7 is'),
      },
    ]);
    const spare = servers(8).map((server) => ({ ...server, spare: server.gray }));
    const { problems } = plan({ servers: spare, capacity: { maxLoad: 4, minServing: 8 } });
    expect(problems.map(({ path }) => path)).toEqual(['capacity.minServing', 'leveling.batch']);
  });

  it('takes zone after zone', () => {
    const { steps } = plan({ servers: zoned, leveling: { batch: 2, byZone: true, onServerFailure: 'wait' } });
    const batches = steps.filter(({ phase }) => phase === 'leveling').map(({ servers: ids }) => ids);
    expect(batches).toEqual([['s3', 's5'], ['s7'], ['s4', 's6'], ['s8']]);
  });

  it('refuses a stage with more users on gray than it may have, by name', () => {
    const { audience, ramp } = releaseSpec('shop');
    const limited = { audience: { ...audience, users: 10_002 }, ramp: { ...ramp, maxUsers: 1_501 } };
    expect(plan(limited).problems).toEqual([
      { path: 'ramp.stages[2].share', message: 'stage 3 of 3: 33 % is 3301 users on gray, and ramp.maxUsers is 1501' },
    ]);
    expect(plan({ ramp: { ...ramp, maxUsers: 5 } }).problems).toMatchObject([{ path: 'audience.users' }]);
  });

  it('counts the warm-ups between batches into its duration', () => {
    const { duration } = plan({ leveling: { batch: 2, warmUpMs: 10_000, onServerFailure: 'wait' } });
    expect(duration.shortestMs).toBe(1_200 + 2 * 10_000);
  });
});
