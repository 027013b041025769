/** What every notifier keeps. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notifier, ReleaseEvent } from '../../../src/adapters/notifier/port.ts';

export interface NotifierWorld {
  readonly notifier: Notifier;
  /** Ids that arrived, in order. */
  arrived(): readonly string[];
  /** Null where the notifier cannot fail. */
  readonly goAway: (() => void) | null;
  comeBack(): void;
  close(): Promise<void>;
}

export const event = (id: string, rest: Partial<ReleaseEvent> = {}): ReleaseEvent => ({
  kind: 'gateWaiting',
  target: 'payments',
  release: 'gray-release/payments#run-1',
  version: '2.0.0',
  text: 'stage 2 waits for an approval until 14:00',
  severity: 'info',
  at: '2025-06-01T12:00:00.000Z',
  id,
  ...rest,
});

export function notifierContract(kind: string, open: () => Promise<NotifierWorld>): void {
  describe(`the ${kind} notifier`, () => {
    let world: NotifierWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    it('delivers events of every severity in the order they are sent', async () => {
      for (const severity of ['info', 'warning', 'alarm'] as const) {
        await world.notifier.notify(event(severity, { severity }));
      }
      expect(world.arrived()).toEqual(['info', 'warning', 'alarm']);
    });

    it('delivers a repeat with the same id, so that the receiver can tell', async () => {
      await world.notifier.notify(event('again'));
      await world.notifier.notify(event('again'));
      expect(world.arrived().slice(-2)).toEqual(['again', 'again']);
    });

    it('throws what can be retried when nobody listens, and delivers again afterwards', async () => {
      if (world.goAway === null) return;
      world.goAway();
      await expect(world.notifier.notify(event('lost'))).rejects.toMatchObject({
        code: 'notifyFailed',
        transient: true,
      });
      world.comeBack();
      await world.notifier.notify(event('found'));
      expect(world.arrived().at(-1)).toBe('found');
    });
  });
}
