/** A write: whole, fenced, repeatable. */
import { describe, expect, test } from 'vitest';
import { faultyRouter } from '../../../../src/adapters/router/faulty.ts';
import { canonical } from '../../../../src/domain/route.ts';
import type { RouterWorld } from './world.ts';
import { refusal } from './world.ts';

export function writesContract(world: RouterWorld): void {
  describe('a write', () => {
    test('is read back as it was written, by every worker', async () => {
      const desired = world.route({
        split: { shareBp: 1_234, alwaysGray: ['eve'], alwaysStable: ['bob'], rest: 'gray' },
      });
      const written = await world.router.apply(desired);
      const read = await world.bench.connect().read();
      expect(canonical(written.route)).toBe(canonical(desired));
      expect(canonical(read.route)).toBe(canonical(desired));
      expect(Object.keys(read.servers).sort()).toEqual(Object.keys(desired.servers).sort());
    });

    test('changes nothing when it is repeated', async () => {
      const desired = await world.apply({ split: { shareBp: 700, alwaysGray: ['x', 'y'] } });
      const again = await world.router.apply({ ...desired, split: { ...desired.split, alwaysGray: ['y', 'x'] } });
      expect(canonical(again.route)).toBe(canonical(desired));
    });

    test('with an older fence is refused, and names the fence that was seen', async () => {
      const old = world.route({ split: { shareBp: 5_000 } });
      const held = await world.apply();
      expect(await refusal(world.router.apply(old))).toMatchObject({
        code: 'staleFence',
        details: { asked: old.fence, seen: held.fence },
      });
      expect(canonical((await world.router.read()).route)).toBe(canonical(held));
    });

    test('with the fence in force and another content is refused', async () => {
      const held = await world.apply({ split: { shareBp: 100 } });
      for (const other of [
        { ...held, split: { ...held.split, shareBp: 200 } },
        { ...held, release: 'another release' },
        { ...held, servers: { ...held.servers, ...world.place(0, 'out') } },
      ]) {
        expect(await refusal(world.router.apply(other))).toMatchObject({
          code: 'staleFence',
          details: { asked: held.fence, seen: held.fence },
        });
      }
      expect(canonical((await world.router.read()).route)).toBe(canonical(held));
    });

    test('whose reply was lost took effect once, and its repeat is welcome', async () => {
      const lossy = faultyRouter(world.router);
      lossy.inject({ method: 'apply', call: 1, at: 'after' });
      const desired = world.route({ period: 'gray', split: { shareBp: 2_000 } });
      expect(await refusal(lossy.apply(desired))).toMatchObject({ code: 'routerUnreachable' });
      expect(canonical((await world.router.read()).route)).toBe(canonical(desired));
      expect(canonical((await lossy.apply(desired)).route)).toBe(canonical(desired));
    });

    test('of many writers at once ends at the highest fence, whole', async () => {
      const writes = Array.from({ length: 12 }, (_, n) =>
        world.route({ release: `writer-${n}`, period: 'gray', split: { shareBp: 100 * n, salt: `salt-${n}` } }),
      );
      const shuffled = writes.map((write, n) => ({ write, at: (n * 7) % writes.length })).sort((a, b) => a.at - b.at);
      const results = await Promise.allSettled(shuffled.map(({ write }) => world.bench.connect().apply(write)));
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'staleFence' });
      }
      const highest = writes.at(-1);
      expect(canonical((await world.router.read()).route)).toBe(highest && canonical(highest));
    });
  });
}
