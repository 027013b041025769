/** The end of a hold without a verdict: more time, a person, or the way back. Never the next stage. */
import { durationText } from './duration.ts';
import type { RampSpec, StageSpec } from './spec.ts';

export type WhenUndecided =
  /** So many holds at most, then the exception policy acts. */
  | { readonly policy: 'extend'; readonly holds: number }
  /** An operator or more evidence decides within this, else rollback. */
  | { readonly policy: 'hold'; readonly withinMs: number }
  | { readonly policy: 'rollback' };

/** A release begun before there was a choice carries none: it extends. */
export function whenUndecided(ramp: RampSpec, stage?: StageSpec): WhenUndecided {
  const policy = stage?.undecided ?? ramp.undecided ?? 'extend';
  switch (policy) {
    case 'extend':
      return { policy, holds: ramp.patience };
    case 'hold':
      return { policy, withinMs: ramp.answerWithinMs ?? usualAnswerMs };
    case 'rollback':
      return { policy };
  }
}

export const usualAnswerMs = 24 * 3_600_000;

/** From the start of a stage to its end, where nothing disturbs it and the verdict never comes. */
export function longestHoldMs(ramp: RampSpec, stage: StageSpec): number {
  const when = whenUndecided(ramp, stage);
  switch (when.policy) {
    case 'extend':
      return stage.holdMs * when.holds;
    case 'hold':
      return stage.holdMs + when.withinMs;
    case 'rollback':
      return stage.holdMs;
  }
}

export function undecidedText(when: WhenUndecided): string {
  switch (when.policy) {
    case 'extend':
      return when.holds === 1
        ? 'the exception policy'
        : `extended up to ${when.holds} holds, then the exception policy`;
    case 'hold':
      return `a pass or an operator (skip) within ${durationText(when.withinMs)}, else rollback`;
    case 'rollback':
      return 'rollback';
  }
}
