import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import xxhash from 'xxhash-wasm';
import type { DesiredRoute, Split } from '../../src/domain/route.ts';
import { assign, bucketOf, poolOf, probeUsers } from '../../src/domain/split.ts';
import { xxh32 } from '../../src/domain/xxh32.ts';

const split = (change: Partial<Split> = {}): Split => ({
  shareBp: 0,
  salt: 'salt',
  alwaysGray: [],
  alwaysStable: [],
  rest: 'stable',
  ...change,
});
const gray = (change: Partial<Split> = {}) => ({ period: 'gray' as const, split: split(change) });
const users = Array.from({ length: 3_000 }, (_, n) => `user-${n}`);

describe('xxh32', () => {
  it('is the hash that the reference implementation computes, for any text', async () => {
    const { h32 } = await xxhash();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.nat(), (text, seed) => {
        expect(xxh32(text, seed)).toBe(h32(text, seed) >>> 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j is the published value', (text, hash) => {
    expect(xxh32(text)).toBe(hash);
  });
});

describe('a user', () => {
  it('who is on gray stays there while the share grows, and nobody moves without a change', () => {
    let before = new Set<string>();
    for (let shareBp = 0; shareBp <= 10_000; shareBp += 250) {
      const now = new Set(users.filter((user) => assign(gray({ shareBp }), user) === 'gray'));
      expect([...before].every((user) => now.has(user))).toBe(true);
      before = now;
    }
    expect(before.size).toBe(users.length);
  });

  it('is one of a share that is close to what was asked for', () => {
    for (const shareBp of [500, 2_000, 5_000]) {
      const on = users.filter((user) => assign(gray({ shareBp }), user) === 'gray').length / users.length;
      expect(Math.abs(on - shareBp / 10_000)).toBeLessThan(0.03);
    }
  });

  it('falls into another bucket under another salt', () => {
    const moved = users.filter((user) => bucketOf('one', user) !== bucketOf('two', user));
    expect(moved.length).toBeGreaterThan(users.length * 0.99);
  });

  it.each([
    ['without identity follows rest', null, { rest: 'gray' }, 'gray'],
    ['without identity is stable by default, at any share', null, { shareBp: 10_000 }, 'stable'],
    ['listed always-stable follows rest, at any share', 'keep', { shareBp: 10_000, alwaysStable: ['keep'] }, 'stable'],
    ['on both lists follows rest', 'both', { alwaysGray: ['both'], alwaysStable: ['both'] }, 'stable'],
    ['listed always-gray is on gray at share 0', 'vip', { alwaysGray: ['vip'] }, 'gray'],
  ] as const)('%s', (_, user, change, arm) => {
    expect(assign(gray(change), user)).toBe(arm);
  });

  it('does not reach gray by a share before the period switch, only as a test user', () => {
    const normal = { period: 'normal' as const, split: split({ shareBp: 10_000, alwaysGray: ['tester'] }) };
    expect(users.some((user) => assign(normal, user) === 'gray')).toBe(false);
    expect(assign(normal, 'tester')).toBe('gray');
  });
});

describe('the users who prove a route', () => {
  const route = (change: Partial<Split>): DesiredRoute => ({
    ...gray(change),
    fence: 1,
    release: 'r',
    stable: 'a',
    servers: {},
  });

  it('are answered by the arm that the rule says, just below and just above the threshold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.string({ minLength: 1, maxLength: 8 }), (shareBp, salt) => {
        const probes = probeUsers(route({ shareBp, salt, alwaysGray: ['vip'], alwaysStable: ['keep'] }), {
          users: ['tester'],
        });
        for (const { user, expect: arm } of probes)
          expect(assign(gray({ shareBp, salt, alwaysGray: ['vip'], alwaysStable: ['keep'] }), user)).toBe(arm);
        const kinds = probes.map(({ who }) => who);
        expect(kinds.includes('below')).toBe(shareBp > 0);
        expect(kinds.includes('above')).toBe(shareBp < 10_000);
        expect(kinds).toEqual(expect.arrayContaining(['anonymous', 'alwaysGray', 'alwaysStable', 'formerlyListed']));
        for (const { who, user } of probes) {
          if (who === 'below') expect(shareBp - bucketOf(salt, user ?? '')).toBeLessThanOrEqual(20);
          if (who === 'above') expect(bucketOf(salt, user ?? '') - shareBp).toBeLessThan(20);
        }
      }),
      { numRuns: 60 },
    );
  });
});

it('the gray arm is the pool that is not called stable', () => {
  expect([poolOf({ stable: 'a' }, 'gray'), poolOf({ stable: 'b' }, 'gray'), poolOf({ stable: 'b' }, 'stable')]).toEqual(
    ['b', 'a', 'b'],
  );
});
