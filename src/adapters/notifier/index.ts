/** Notifiers by kind. */
import type { NotifierSpec } from '../../domain/spec.ts';
import { logNotifier } from './log.ts';
import { memoryNotifier } from './memory.ts';
import type { Notifier } from './port.ts';
import { webhookNotifier } from './webhook.ts';

type Notifiers = { [K in NotifierSpec['kind']]: (spec: Extract<NotifierSpec, { kind: K }>) => Notifier };

export const notifiers = {
  memory: () => memoryNotifier(),
  log: () => logNotifier(),
  webhook: (spec) => webhookNotifier(spec),
} satisfies Notifiers;

export function createNotifier(spec: NotifierSpec): Notifier {
  switch (spec.kind) {
    case 'memory':
      return notifiers.memory();
    case 'log':
      return notifiers.log();
    case 'webhook':
      return notifiers.webhook(spec);
  }
}
