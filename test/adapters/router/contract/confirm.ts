/** Confirm: passes on the truth, names what differs. */
import { describe, expect, test } from 'vitest';
import type { RouterWorld } from './world.ts';
import { failed, idsIn } from './world.ts';

export function confirmContract(world: RouterWorld): void {
  describe('confirm', () => {
    test('passes on the route in force, with a probe for everyone who can exist at its share', async () => {
      const desired = await world.apply({
        period: 'gray',
        split: { shareBp: 2_500, alwaysGray: ['eve'], alwaysStable: ['bob'] },
      });
      const confirmation = await world.confirm(desired, { formerly: ['mallory'] });
      expect(confirmation).toMatchObject({ ok: true, problems: [] });
      expect([...new Set(confirmation.probes.map(({ who }) => who))].sort()).toEqual(
        ['above', 'alwaysGray', 'alwaysStable', 'anonymous', 'below', 'formerlyListed'].sort(),
      );
      expect(confirmation.probes.every(({ ok, answeredBy, expect: arm }) => ok && answeredBy === arm)).toBe(true);
    });

    test('names the share, the list and the server that differ', async () => {
      const held = await world.apply({ period: 'gray', split: { shareBp: 2_500, alwaysGray: ['eve'] } });
      const wished = {
        ...held,
        split: { ...held.split, shareBp: 9_000, alwaysGray: [] },
        servers: { ...held.servers, ...world.place(0, 'out') },
      };
      const confirmation = await world.confirm(wished);
      expect(confirmation.ok).toBe(false);
      const text = confirmation.problems.join('\n');
      expect(text).toMatch(/share/);
      expect(text).toMatch(/always-gray/);
      expect(text).toContain(world.id(0));
      expect(failed(confirmation)).toContain('below');
    });

    test('finds a formerly listed user who still reaches gray', async () => {
      const stable = world.userWhere((bucket) => bucket >= 100);
      const held = await world.apply({ period: 'exception', split: { alwaysGray: [stable] } });
      const confirmation = await world.confirm(
        { ...held, split: { ...held.split, alwaysGray: [] } },
        { formerly: [stable] },
      );
      expect(confirmation.ok).toBe(false);
      expect(failed(confirmation)).toContain('formerlyListed');
    });

    test('finds a server that answers with another version', async () => {
      const desired = await world.apply({ period: 'gray', split: { shareBp: 5_000 } });
      for (const id of idsIn(desired, 'b')) world.bench.setVersion(id, '2');
      const good = await world.confirm(desired, { expected: { gray: '2', stable: '1' } });
      expect(good).toMatchObject({ ok: true, problems: [] });
      const bad = await world.confirm(desired, { expected: { gray: '3', stable: '1' } });
      for (const id of idsIn(desired, 'b')) world.bench.setVersion(id, '1');
      expect(bad.ok).toBe(false);
      expect(failed(bad)).toContain('below');
      expect(failed(bad)).not.toContain('above');
    });
  });
}
