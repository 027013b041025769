import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur2 } from '../../src/domain/murmur2.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import { assign, bucketOf, probeUsers } from '../../src/domain/split.ts';
import { bucketsBy } from '../../src/domain/user-hash.ts';

describe('murmur2', () => {
  test.each([
    ['', 0],
    ['a', 0x92685f5e],
    ['ab', 0x1aa14063],
    ['abc', 0x13577c9b],
    ['abcd', 0x26873021],
  ])('of %j is what the reference implementation computes with seed 0', (text, hash) => {
    expect(murmur2(text)).toBe(hash);
  });

  // Each of these was asked for at nginx 1.22.1, which said stable at a share of the bucket and gray at one basis point more.
  test.each([
    ['user-60', 3890],
    ['user-202', 9508],
    ['user-254', 4417],
    ['user-377', 5837],
  ])('puts %s into the bucket where split_clients of nginx changes its mind', (user, bucket) => {
    expect(bucketOf('salt', user, 'murmur2')).toBe(bucket);
  });

  test('makes 0 … 9 999 of every text, as evenly as nginx does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const [hash, bucket] = [murmur2(text), bucketsBy.murmur2(text)];
        const threshold = (bp: number) => Math.floor((bp * 0xffff_ffff) / 10_000);
        expect(bucket).toBeGreaterThanOrEqual(0);
        expect(bucket).toBeLessThan(10_000);
        expect(hash).toBeGreaterThanOrEqual(threshold(bucket));
        if (bucket < 9_999) expect(hash).toBeLessThan(threshold(bucket + 1));
      }),
      { numRuns: 2_000 },
    );
  });
});

test('a route is proven by users that the hash of its router puts on both sides of the share', () => {
  const route: DesiredRoute = {
    ...{ fence: 1, release: 'one', period: 'gray', stable: 'a', servers: {} },
    split: { shareBp: 2_500, salt: 'probes', alwaysGray: [], alwaysStable: [], rest: 'stable' },
  };
  for (const hash of ['xxh32', 'murmur2'] as const) {
    const probes = probeUsers(route, {}, hash);
    expect(probes.map(({ who }) => who)).toEqual(['anonymous', 'below', 'above']);
    for (const { user, expect: arm } of probes) expect(assign(route, user, {}, hash)).toBe(arm);
    const [, below, above] = probes.map(({ user }) => bucketOf('probes', user ?? '', hash));
    expect([below, above].map((bucket) => Math.abs((bucket ?? 0) - 2_500) <= 20)).toEqual([true, true]);
  }
});
