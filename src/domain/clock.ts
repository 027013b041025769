/** The clock of a stage: it counts time that was neither paused nor disturbed. */
import type { StageClock } from './state.ts';

export const startClock = (holdMs: number, nowMs: number): StageClock => ({
  holdMs,
  heldMs: 0,
  sinceMs: nowMs,
  extensions: 0,
});

/** Held time up to now, milliseconds. */
export const heldMs = (clock: StageClock, nowMs: number): number =>
  clock.heldMs + (clock.sinceMs === null ? 0 : Math.max(0, nowMs - clock.sinceMs));

export const leftMs = (clock: StageClock, nowMs: number): number => Math.max(0, clock.holdMs - heldMs(clock, nowMs));

export const stopClock = (clock: StageClock, nowMs: number): StageClock => ({
  ...clock,
  heldMs: heldMs(clock, nowMs),
  sinceMs: null,
});

export const goOnClock = (clock: StageClock, nowMs: number): StageClock =>
  clock.sinceMs === null ? { ...clock, sinceMs: nowMs } : clock;

/** The hold is over without a verdict: until when it may still be decided. A deadline that was set stays. */
export const askUntil = (clock: StageClock, untilMs: number): StageClock => ({ askUntilMs: untilMs, ...clock });

/** A pause does not use up the time for an answer. */
export const askLonger = (clock: StageClock, byMs: number): StageClock =>
  clock.askUntilMs === undefined ? clock : { ...clock, askUntilMs: clock.askUntilMs + byMs };

/** The same hold once more, because its verdict was inconclusive. */
export const extendClock = (clock: StageClock, nowMs: number): StageClock => ({
  ...clock,
  heldMs: 0,
  sinceMs: nowMs,
  extensions: clock.extensions + 1,
});
