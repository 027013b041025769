/** A router that dies, and one that was edited by hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../../src/domain/route.ts';
import { allUsersBp } from '../../../../src/domain/split.ts';
import { eventually } from '../../../support/processes.ts';
import type { RouterWorld } from './world.ts';
import { refusal } from './world.ts';

export function restartContract(world: RouterWorld): void {
  describe('a restart of the router', () => {
    test('is seen by its instance, and keeps fence, split, lists and membership', async () => {
      const desired = await world.apply({
        period: 'gray',
        split: { shareBp: 4_000, alwaysGray: ['eve'], alwaysStable: ['bob'] },
      });
      const before = await world.router.read();
      await world.bench.restart();
      const after = await eventually(() => world.router.read().catch(() => null));
      expect(after.instance).not.toBe(before.instance);
      if (!world.router.abilities.survivesRestart) await world.router.apply(desired);
      expect(canonical((await world.router.read()).route)).toBe(canonical(desired));
      await eventually(async () => (await world.confirm(desired)).ok);
      for (const user of ['eve', 'bob', null, ...Array.from({ length: 50 }, (_, n) => `user-${n}`)]) {
        await expect(world.armAt(desired, user)).resolves.toBe(world.assign(desired, user));
      }
      const stale = { ...desired, fence: desired.fence - 1, split: { ...desired.split, shareBp: allUsersBp } };
      expect(await refusal(world.router.apply(stale))).toMatchObject({ code: 'staleFence' });
    });

    test('between a write and its confirmation is a problem, also where the route was kept', async () => {
      const desired = world.route({ split: { shareBp: 300 } });
      const { instance: since } = await world.router.apply(desired);
      expect((await world.confirm(desired, { since })).problems).toEqual([]);
      await world.bench.restart();
      const { problems } = await eventually(() => world.confirm(desired, { since }).catch(() => null));
      expect(problems.join()).toContain('restarted meanwhile');
      const { instance } = await eventually(() => world.router.apply(desired).catch(() => null));
      await eventually(async () => (await world.confirm(desired, { since: instance })).ok);
    });

    test('in the middle of a write leaves the old split or the new one, and a repeat finishes it', async () => {
      const list = (name: string) => Array.from({ length: 1_000 }, (_, n) => `${name}-${n}`);
      for (const afterMs of [0, 3, 9]) {
        const before = await world.apply({ period: 'gray', split: { shareBp: 3_000, alwaysGray: list('old') } });
        const desired = world.route({ period: 'gray', split: { shareBp: 7_000, alwaysGray: list('new') } });
        const writing = world.bench
          .connect()
          .apply(desired)
          .catch(() => null);
        await sleep(afterMs);
        await world.bench.restart();
        await writing;
        for (const router of world.bench.each?.() ?? [world.router]) {
          const { route } = await eventually(() => router.read().catch(() => null));
          const known = [before, desired, ...(router.abilities.survivesRestart ? [] : [route])];
          expect(known.map(canonical)).toContain(canonical(route));
        }
        await world.router.apply(desired);
        await eventually(async () => (await world.confirm(desired)).ok);
      }
    });

    test('leaves an instance that stays the same as long as it runs', async () => {
      const { instance } = await world.router.read();
      await world.apply({ split: { shareBp: 300 } });
      expect((await world.bench.connect().read()).instance).toBe(instance);
    });
  });

  describe('a change by hand', () => {
    test('is found by confirm, and the next write mends it', async () => {
      const desired = await world.apply({ period: 'gray', split: { shareBp: 1_000 } });
      await world.bench.drift((held) => ({ ...held, split: { ...held.split, shareBp: 9_000 } }));
      expect((await world.confirm(desired)).ok).toBe(false);
      expect((await world.confirm(await world.apply({ period: 'gray', split: { shareBp: 1_000 } }))).problems).toEqual(
        [],
      );
    });
  });
}
