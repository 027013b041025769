/** Times and durations as people read them. */
import { durationText } from '../domain/duration.ts';

/** `850ms`, `42s`, `3m 5s`: whole seconds from the first second on. */
export const duration = (ms: number): string =>
  durationText(ms < 1_000 ? Math.max(0, ms) : Math.floor(ms / 1_000) * 1_000);

/** `2026-11-22 12:03:04Z` */
export const clockTime = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
