/** Keeps what it was told, for tests. */
import { GrayError } from '../../domain/errors.ts';
import type { Notifier, ReleaseEvent } from './port.ts';

export class Notes {
  readonly events: ReleaseEvent[] = [];
  #away = false;

  goAway(): void {
    this.#away = true;
  }

  comeBack(): void {
    this.#away = false;
  }

  clear(): void {
    this.events.length = 0;
    this.#away = false;
  }

  take(event: ReleaseEvent): void {
    if (this.#away) throw new GrayError('notifyFailed', 'nobody takes notes');
    this.events.push(event);
  }
}

/** The notes that `createNotifier({ kind: 'memory' })` writes. */
export const sharedNotes = new Notes();

export const memoryNotifier = (notes = sharedNotes): Notifier => ({
  notify: async (event) => notes.take(event),
});
