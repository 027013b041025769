/** The middle step of the audience ladder: requests that a header puts into a segment. */
import { describe, expect, test } from 'vitest';
import { canonical, type Segment } from '../../../../src/domain/route.ts';
import type { RouterWorld } from './world.ts';
import { failed } from './world.ts';

/** Every bench reads these headers. */
export const segmentHeaders = ['x-branch', 'x-staff'] as const;

const branches: Segment = { name: 'branches', header: 'x-branch', values: ['north', 'south east', '50%|a:b'] };
const staff: Segment = { name: 'staff', header: 'x-staff', values: ['1'] };

export function segmentsContract(world: RouterWorld): void {
  describe('segments', () => {
    test('send their requests to gray at share 0, behind the lists and before everything else', async () => {
      const [low, high] = [world.userWhere((bucket) => bucket < 3_000), world.userWhere((bucket) => bucket >= 3_000)];
      const lists = { alwaysGray: ['vip'], alwaysStable: ['keep'] };
      for (const shareBp of [0, 3_000]) {
        for (const rest of ['stable', 'gray'] as const) {
          const desired = await world.apply({
            period: 'gray',
            split: { shareBp, rest, ...lists, segments: [branches, staff] },
          });
          for (const user of [low, high, 'vip', 'keep', null]) {
            for (const attributes of requests) {
              const seen = { user, attributes, shareBp, arm: await world.armAt(desired, user, 'public', attributes) };
              expect(seen).toEqual({ ...seen, arm: world.assign(desired, user, attributes) });
            }
          }
        }
      }
    });

    test('are held with the route, and leave it in one write', async () => {
      const desired = await world.apply({ period: 'gray', split: { segments: [branches, staff] } });
      expect(canonical((await world.router.read()).route)).toBe(canonical(desired));
      if (world.router.abilities.survivesRestart) {
        await world.bench.restart();
        expect(canonical((await world.router.read()).route)).toBe(canonical(desired));
      }
      const north = { 'x-branch': 'north' };
      await expect(world.armAt(desired, 'anna', 'public', north)).resolves.toBe('gray');
      const without = await world.apply({ period: 'exception' });
      await expect(world.armAt(without, 'anna', 'public', north)).resolves.toBe('stable');
      expect((await world.router.read()).route.split.segments ?? []).toEqual([]);
    });

    test('are proven by a request of theirs, and so is it that they wait or have left', async () => {
      const desired = await world.apply({ period: 'gray', split: { shareBp: 500, segments: [branches] } });
      const confirmation = await world.confirm(desired, { formerSegments: [staff] });
      expect(confirmation).toMatchObject({ ok: true, problems: [] });
      const asked = confirmation.probes.map(({ who, expect: arm }) => [who, arm]);
      expect(asked).toEqual(
        expect.arrayContaining([
          ['segment', 'gray'],
          ['formerSegment', 'stable'],
        ]),
      );
      const others = await world.confirm({ ...desired, split: { ...desired.split, segments: [staff] } });
      expect(others.ok).toBe(false);
      expect(new Set(failed(others))).toEqual(new Set(['segment']));
      expect(others.problems.join()).toContain('expected x-staff: 1');
    });
  });
}

const requests: readonly Readonly<Record<string, string>>[] = [
  {},
  ...branches.values.map((value) => ({ 'x-branch': value })),
  { 'x-branch': 'North' },
  { 'x-branch': 'north, west' },
  { 'x-staff': '1' },
  { 'x-branch': 'west', 'x-staff': '1' },
  { 'x-branch': 'north', 'x-staff': '0' },
  { 'x-region': 'north' },
];
