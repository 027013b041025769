import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fittingShareBp,
  floorShareBp,
  grayDemand,
  poolLoads,
  shareBeforeBatchBp,
  worstLoad,
} from '../../src/domain/capacity.ts';
import type { Candidate } from '../../src/domain/leveling.ts';
import { nextLevelingBatch, nextRollbackBatch, rounding } from '../../src/domain/leveling.ts';
import { totalWeight } from '../../src/domain/server.ts';

const stable = (shareBp: number) => ({ shareBp, rest: 'stable' as const });

describe('the load of a pool', () => {
  it.each([
    [
      'everyone on six of eight servers',
      { gray: 200, stable: 600, all: 800 },
      stable(0),
      0,
      { gray: 0, stable: 8 / 6 },
    ],
    [
      'a quarter of the users on a quarter of the servers',
      { gray: 200, stable: 600, all: 800 },
      stable(2_500),
      0,
      { gray: 1, stable: 1 },
    ],
    [
      'a tenth of the requests without identity',
      { gray: 400, stable: 400, all: 800 },
      stable(5_000),
      1_000,
      { gray: 0.9, stable: 1.1 },
    ],
    [
      'users sent to a pool without servers',
      { gray: 0, stable: 800, all: 800 },
      stable(100),
      0,
      { gray: Number.POSITIVE_INFINITY, stable: 0.99 },
    ],
  ])('%s', (_, capacity, split, restBp, loads) => {
    const found = poolLoads(capacity, split, restBp);
    expect(found.gray).toBeCloseTo(loads.gray, 9);
    expect(found.stable).toBeCloseTo(loads.stable, 9);
  });
});

describe('the share', () => {
  it.each([
    [800, 0, 0], // all of base serves
    [600, 250, 250], // never rises
    [400, 10_000, 3_500], // 1 − 1.3 · 400 ÷ 800
    [0, 10_000, 10_000], // no base server serves: unchanged
  ])('falls, with base serving %i of 800, from %i to %i at maxLoad 1.3', (serving, share, floor) => {
    expect(floorShareBp({ gray: 400, stable: serving, all: 800 }, 1.3, share)).toBe(floor);
  });

  it('before a batch is G ÷ (G + S − b), never lower than it was, and all for the last batch', () => {
    const capacity = { gray: 200, stable: 600, all: 800 };
    expect(shareBeforeBatchBp(capacity, 200, stable(0), 0)).toBe(3_334);
    expect(shareBeforeBatchBp(capacity, 200, stable(5_000), 0)).toBe(5_000);
    expect(shareBeforeBatchBp(capacity, 600, stable(0), 0)).toBe(10_000);
  });

  it('before a batch balances both pools when part of the requests has no identity', () => {
    const share = shareBeforeBatchBp({ gray: 200, stable: 300, all: 500 }, 100, stable(4_000), 1_000);
    const loads = poolLoads({ gray: 200, stable: 200, all: 500 }, stable(share), 1_000);
    expect(loads.gray).toBeCloseTo(loads.stable, 2);
  });

  it('that a weakened gray pool can carry is what its servers can, at most what is wanted', () => {
    expect(fittingShareBp({ gray: 100, stable: 600, all: 800 }, 1.5, 3_000)).toBe(1_875);
    expect(fittingShareBp({ gray: 0, stable: 600, all: 800 }, 1.5, 3_000)).toBe(0);
    expect(fittingShareBp({ gray: 800, stable: 0, all: 800 }, 1.5, 3_000)).toBe(3_000);
  });
});

/** A fleet, some of it gray already, with limits it may or may not be able to keep. */
const fleets = fc.record({
  weights: fc.array(fc.constantFrom(50, 100, 200), { minLength: 2, maxLength: 30 }),
  grayCount: fc.integer({ min: 1, max: 10 }),
  size: fc.integer({ min: 1, max: 6 }),
  maxLoad: fc.constantFrom(1, 1.1, 1.3, 1.5, 2, 4),
  restBp: fc.constantFrom(0, 500, 1_000, 3_000),
  shareBp: fc.integer({ min: 1, max: 5_000 }),
});

describe('leveling a fleet of any shape', () => {
  it('keeps both pools within the limit, never lowers the share, turns rest once, and ends with every server', () => {
    fc.assert(
      fc.property(fleets, ({ weights, grayCount, size, maxLoad, restBp, shareBp }) => {
        const servers = weights.map((weight, n) => ({ id: `s${n}`, weight, serving: true }));
        const grayServers = servers.slice(0, Math.min(grayCount, servers.length - 1));
        let left: Candidate[] = servers.slice(grayServers.length);
        let split: { shareBp: number; rest: 'stable' | 'gray' } = { shareBp, rest: 'stable' };
        const all = totalWeight(servers);
        const capacity = () => ({ gray: all - totalWeight(left), stable: totalWeight(left), all });
        while (left.length > 0) {
          const batch = nextLevelingBatch(left, size, capacity(), split, { maxLoad, restBp });
          if (batch === null) return expectStuck(left, capacity(), split, { maxLoad, restBp });
          expect(batch.servers.length).toBeLessThanOrEqual(size);
          expect(worstLoad(batch.loads)).toBeLessThanOrEqual(maxLoad + rounding);
          expect(batch.shareBp).toBeGreaterThanOrEqual(split.shareBp);
          if (split.rest === 'gray') expect(batch.rest).toBe('gray');
          left = left.filter(({ id }) => !batch.servers.includes(id));
          split = { shareBp: batch.shareBp, rest: batch.rest };
        }
        expect(split).toEqual({ shareBp: 10_000, rest: 'gray' });
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes servers that serve nobody first, and leaves the share alone for them', () => {
    const left = [
      { id: 'up', weight: 100, serving: true },
      { id: 'down', weight: 100, serving: false },
    ];
    const batch = nextLevelingBatch(left, 1, { gray: 100, stable: 100, all: 300 }, stable(2_000), {
      maxLoad: 3,
      restBp: 0,
    });
    expect(batch).toMatchObject({ servers: ['down'], shareBp: 2_000 });
  });
});

/** Null means that no server at all could leave by itself at a share that balances the pools. */
function expectStuck(
  left: readonly Candidate[],
  capacity: { gray: number; stable: number; all: number },
  split: { shareBp: number; rest: 'stable' | 'gray' },
  limits: { maxLoad: number; restBp: number },
) {
  const [first] = left;
  expect(first).toBeDefined();
  const stableLeft = capacity.stable - (first?.weight ?? 0);
  const total = capacity.gray + stableLeft;
  const balanced = capacity.all / total;
  const forced = grayDemand({ ...split, rest: split.rest }, limits.restBp);
  // Either everything together is too much for what remains, or what already is on gray is.
  const tooMuch =
    balanced > limits.maxLoad - 0.01 ||
    (forced * capacity.all) / capacity.gray > limits.maxLoad - 0.01 ||
    limits.restBp > 0;
  expect(tooMuch).toBe(true);
}

describe('a rollback of a fleet of any shape', () => {
  it('never raises the share, keeps gray within the limit where it can, and always ends', () => {
    fc.assert(
      fc.property(fleets, ({ weights, maxLoad, restBp }) => {
        const servers = weights.map((weight, n) => ({ id: `s${n}`, weight, serving: true }));
        let left: Candidate[] = servers;
        let split: { shareBp: number; rest: 'stable' | 'gray' } = { shareBp: 10_000, rest: 'gray' };
        const all = totalWeight(servers);
        for (let rounds = 0; left.length > 0; rounds += 1) {
          expect(rounds).toBeLessThanOrEqual(servers.length);
          const capacity = { gray: totalWeight(left), stable: all - totalWeight(left), all };
          const batch = nextRollbackBatch(left, capacity, split, { maxLoad, restBp, atLeastOne: true });
          expect(batch.length).toBeGreaterThan(0);
          const remaining = left.filter(({ id }) => !batch.includes(id));
          const during = poolLoads({ ...capacity, gray: totalWeight(remaining) }, split, restBp);
          if (batch.length > 1 && split.shareBp > 0) expect(during.gray).toBeLessThanOrEqual(maxLoad + 0.02);
          left = remaining;
          const after = { gray: totalWeight(left), stable: all - totalWeight(left), all };
          const shareBp = floorShareBp(after, maxLoad, split.shareBp);
          expect(shareBp).toBeLessThanOrEqual(split.shareBp);
          split = { shareBp, rest: shareBp === 0 ? 'stable' : split.rest };
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('brings everyone back at once when nobody is on gray', () => {
    const left = ['s1', 's2'].map((id) => ({ id, weight: 100, serving: true }));
    expect(
      nextRollbackBatch(left, { gray: 200, stable: 600, all: 800 }, stable(0), {
        maxLoad: 1,
        restBp: 1_000,
        atLeastOne: true,
      }),
    ).toEqual(['s1', 's2']);
  });
});
