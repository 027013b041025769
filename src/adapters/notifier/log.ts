/** Writes events to the log, for those who collect logs anyway. */
import pino, { type Logger } from 'pino';
import type { Notifier, ReleaseEvent } from './port.ts';

export function logNotifier(
  logger: Pick<Logger, 'info' | 'warn' | 'error'> = pino({ name: 'gray-release' }),
): Notifier {
  return {
    notify: async (event) => {
      const { text, ...facts } = event;
      logger[levels[event.severity]](facts, text);
    },
  };
}

const levels = { info: 'info', warning: 'warn', alarm: 'error' } as const satisfies Record<
  ReleaseEvent['severity'],
  string
>;
