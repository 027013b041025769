/** Who goes where: lists, rest, periods, odd identities. */
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../../src/domain/route.ts';
import { allUsersBp, poolOf } from '../../../../src/domain/split.ts';
import type { RouterWorld } from './world.ts';

export function splitContract(world: RouterWorld, listed: number): void {
  describe('the assignment', () => {
    test('is ignored in period normal, where only listed test users reach gray', async () => {
      const desired = await world.apply({ period: 'normal', split: { shareBp: allUsersBp, alwaysGray: ['tester-1'] } });
      for (const user of ['anna', 'bert', 'cleo']) await expect(world.armAt(desired, user)).resolves.toBe('stable');
      await expect(world.armAt(desired, 'tester-1')).resolves.toBe('gray');
    });

    test('puts always-stable before always-gray before the share', async () => {
      const low = world.userWhere((bucket) => bucket < 5_000);
      const high = world.userWhere((bucket) => bucket >= 5_000);
      const desired = await world.apply({
        period: 'gray',
        split: { shareBp: 5_000, alwaysGray: ['both', high], alwaysStable: ['both', `${low}`] },
      });
      await expect(world.armAt(desired, 'both')).resolves.toBe('stable');
      await expect(world.armAt(desired, high)).resolves.toBe('gray');
      await expect(world.armAt(desired, low)).resolves.toBe('stable');
      const other = world.userWhere((bucket) => bucket < 5_000, low);
      await expect(world.armAt(desired, other)).resolves.toBe('gray');
    });

    test('sends requests without identity and always-stable users where rest says', async () => {
      for (const rest of ['stable', 'gray', 'stable'] as const) {
        const desired = await world.apply({ period: 'gray', split: { shareBp: 5_000, alwaysStable: ['bob'], rest } });
        await expect(world.armAt(desired, null)).resolves.toBe(rest);
        await expect(world.armAt(desired, 'bob')).resolves.toBe(rest);
      }
    });

    test('is the same at the probe entrance', async () => {
      const desired = await world.apply({ period: 'gray', split: { shareBp: 3_000, alwaysGray: ['eve'] } });
      for (const user of [null, 'eve', ...'anna', 'bert', 'cleo', 'dora', 'emil', 'fred', 'gina']) {
        await expect(world.armAt(desired, user, 'probe')).resolves.toBe(world.assign(desired, user));
      }
    });

    test('knows odd identities: long ones, with spaces and signs, and beyond ASCII', async () => {
      const odd = ['0', 'a b', 'x'.repeat(400), 'u:eve', 'cfg', '%41', 'a|b', 'true', 'zoë', '用户'];
      const desired = await world.apply({ period: 'gray', split: { shareBp: 5_000, alwaysGray: ['a b'] } });
      for (const user of odd) await expect(world.armAt(desired, user)).resolves.toBe(world.assign(desired, user));
    });

    test(`keeps a list of ${listed} users whole, and empties it in one write`, async () => {
      const alwaysGray = Array.from({ length: listed }, (_, n) => `listed-${n}`);
      const desired = await world.apply({ period: 'gray', split: { alwaysGray } });
      for (const at of [0, Math.floor(listed / 2), listed - 1]) {
        await expect(world.armAt(desired, `listed-${at}`)).resolves.toBe('gray');
      }
      await expect(world.armAt(desired, `listed-${listed}`)).resolves.toBe('stable');
      expect(canonical((await world.router.read()).route)).toBe(canonical(desired));
      const emptied = await world.apply({ period: 'exception' });
      await expect(world.armAt(emptied, 'listed-0')).resolves.toBe('stable');
    });

    test('turns around in one write when the other pool is called stable', async () => {
      const before = await world.apply({ period: 'gray', split: { shareBp: allUsersBp, rest: 'gray' } });
      await expect(world.armAt(before, 'anna')).resolves.toBe('gray');
      const after = await world.apply({ stable: 'b' });
      expect(poolOf(after, 'stable')).toBe('b');
      await expect(world.armAt(after, 'anna')).resolves.toBe('stable');
      expect(after.servers[await world.serverOf('anna')]).toBe('b');
    });
  });
}
