/** Tells people. Whatever goes wrong here is logged and forgotten. */
import { log } from '@temporalio/activity';
import type { Adapters } from './deps.ts';
import type { NotifyOrder } from './orders.ts';

export const notify =
  (adapters: Adapters) =>
  async ({ notifiers, event }: NotifyOrder): Promise<void> => {
    const sent = await Promise.allSettled(notifiers.map((spec) => adapters.notifier(spec).notify(event)));
    for (const result of sent)
      if (result.status === 'rejected')
        log.warn('notification not delivered', { kind: event.kind, error: String(result.reason) });
  };
