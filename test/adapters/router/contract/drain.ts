/** Drain: waits, then cuts, and never cuts what somebody else has routed since. */
import { describe, expect, test } from 'vitest';
import type { DesiredRoute } from '../../../../src/domain/route.ts';
import { eventually } from '../../../support/processes.ts';
import type { RouterWorld } from './world.ts';
import { refusal } from './world.ts';

export function drainContract(world: RouterWorld): void {
  describe('drain', () => {
    const leave = (held: DesiredRoute, server: string) =>
      world.apply({ servers: { ...held.servers, [server]: 'out' } });

    test('returns at once where nothing is open, and so does its repeat', async () => {
      const held = await world.apply();
      const server = world.id(0);
      await leave(held, server);
      for (let n = 0; n < 2; n += 1) {
        await expect(world.router.drain({ servers: [server], patienceMs: 5_000 })).resolves.toEqual({ closed: {} });
      }
    });

    test('waits for an open request, which is answered', async () => {
      const held = await world.apply();
      const open = await world.bench.open('anna');
      await leave(held, open.server);
      await eventually(async () => (await world.openAt(open.server)) === 1);
      let done = false;
      const drained = world.router.drain({ servers: [open.server], patienceMs: 20_000 }).finally(() => {
        done = true;
      });
      await eventually(async () => (await world.openAt(open.server)) === 1);
      expect(done).toBe(false);
      open.end();
      await expect(open.ended).resolves.toBe('answered');
      await expect(drained).resolves.toEqual({ closed: {} });
    });

    test('closes what is still open when patience is over', async () => {
      const held = await world.apply();
      const open = await world.bench.open('anna');
      await leave(held, open.server);
      const before = performance.now();
      const drained = await world.router.drain({ servers: [open.server], patienceMs: 150 });
      expect(performance.now() - before).toBeGreaterThanOrEqual(140);
      const { closesSessions } = world.router.abilities;
      expect(drained.closed).toEqual(closesSessions ? { [open.server]: 1 } : {});
      if (closesSessions) await eventually(async () => (await world.openAt(open.server)) === 0);
      open.end();
      await expect(open.ended).resolves.toBe(closesSessions ? 'closed' : 'answered');
    });

    test('waits for a connection that was upgraded, and closes it when patience is over', async () => {
      const held = await world.apply();
      const { bench } = world;
      const open = await (bench.stream ?? bench.open).call(bench, 'anna');
      await leave(held, open.server);
      await eventually(async () => (await world.openAt(open.server)) === 1);
      const before = performance.now();
      const drained = await world.router.drain({ servers: [open.server], patienceMs: 150 });
      const tookMs = performance.now() - before;
      expect(tookMs).toBeGreaterThanOrEqual(140);
      expect(tookMs).toBeLessThan(3_000);
      const { closesSessions } = world.router.abilities;
      expect(drained.closed).toEqual(closesSessions ? { [open.server]: 1 } : {});
      if (!closesSessions) open.end();
      await expect(open.ended).resolves.toBe(closesSessions ? 'closed' : 'answered');
    });

    test('closes nothing when somebody else has written since it began', async () => {
      const held = await world.apply();
      const open = await world.bench.open('anna');
      await leave(held, open.server);
      // Time for a write on a busy machine; where it is a reload it takes a while.
      const patienceMs = world.router.abilities.dropsOnChange ? 3_000 : 1_200;
      const drained = refusal(world.router.drain({ servers: [open.server], patienceMs }));
      await eventually(async () => (await world.openAt(open.server)) === 1);
      await world.bench.connect().apply(world.route());
      expect(await drained).toMatchObject({ code: 'staleFence' });
      open.end();
      await expect(open.ended).resolves.toBe('answered');
    });

    test('ends when it is cancelled', async () => {
      const held = await world.apply();
      const open = await world.bench.open('anna');
      await leave(held, open.server);
      const cancel = new AbortController();
      const drained = world.router.drain({ servers: [open.server], patienceMs: 20_000, signal: cancel.signal });
      cancel.abort();
      await expect(drained).rejects.toThrow();
      open.end();
      await expect(open.ended).resolves.toBe('answered');
    });
  });
}
