/** Servers enter and leave pools; a pool that serves nothing is stood in for. */
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../../src/domain/route.ts';
import type { Arm } from '../../../../src/domain/server.ts';
import { poolOf } from '../../../../src/domain/split.ts';
import { eventually } from '../../../support/processes.ts';
import type { RouterWorld } from './world.ts';
import { idsIn, refusal } from './world.ts';

export function membershipContract(world: RouterWorld): void {
  describe('membership', () => {
    test('a server that enters a pool serves, and one that leaves serves no more', async () => {
      const [first, second, third] = [world.id(0), world.id(1), world.id(2)];
      const all = world.allOut();
      await world.apply({ servers: { ...all, [first]: 'a', [third]: 'b' } });
      expect(await world.serversOf(12)).toEqual([first]);
      await world.apply({ servers: { ...all, [first]: 'a', [second]: 'a', [third]: 'b' } });
      await eventually(async () => (await world.serversOf(12)).length === 2);
      await world.apply({ servers: { ...all, [second]: 'a', [third]: 'b' } });
      expect(await world.serversOf(12)).toEqual([second]);
    });

    test('a write that names an unknown server is refused and changes nothing', async () => {
      const held = await world.apply();
      const desired = world.route();
      const refused = await refusal(world.router.apply({ ...desired, servers: { ...desired.servers, nobody: 'a' } }));
      expect(refused).toMatchObject({ code: 'routerRefused' });
      expect(canonical((await world.router.read()).route)).toBe(canonical(held));
    });

    test.each(['gray', 'stable'] as const)(
      'the other pool answers while no server of the %s pool serves',
      async (arm) => {
        const desired = await world.apply({ period: 'gray', split: { shareBp: 5_000 } });
        const user = world.userWhere((bucket) => (arm === 'gray' ? bucket < 5_000 : bucket >= 5_000));
        const ids = idsIn(desired, poolOf(desired, arm));
        for (const id of ids) await world.died(id);
        const other: Arm = arm === 'gray' ? 'stable' : 'gray';
        for (let n = 0; n < 5; n += 1) await expect(world.armAt(desired, user)).resolves.toBe(other);
        expect((await world.confirm(desired)).ok).toBe(false);
        for (const id of ids) await world.restored(id);
        await eventually(async () => (await world.armAt(desired, user)) === arm);
        expect((await world.confirm(desired)).problems).toEqual([]);
      },
    );

    test('the other pool answers while one is empty', async () => {
      const out = world.allOut();
      const desired = await world.apply({
        period: 'gray',
        split: { shareBp: 5_000 },
        servers: { ...out, [world.id(0)]: 'a' },
      });
      for (const user of ['anna', 'bert', 'cleo', null])
        await expect(world.armAt(desired, user)).resolves.toBe('stable');
    });
  });
}
