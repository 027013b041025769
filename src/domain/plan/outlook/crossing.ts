/**
 * When evidence reaches its threshold, as a chance: interval by interval, the bad events on gray are spread over what
 * they may be, and the runs whose evidence suffices are taken out. No drawing of lots: the same plan every time.
 */
import { chanceOf, eventsOf, type Spread, surelyNone, withEvents, without } from './spread.ts';

/** So far in the stage. `weighed` is over the dispersion of its time. */
export interface SoFar {
  readonly ms: number;
  readonly grayRequests: number;
  readonly weighedRequests: number;
  readonly weighedBad: number;
  readonly weighedGrayBad: number;
}

export interface Walk {
  readonly intervalMs: number;
  /** Expected in one interval: requests on gray, bad events on both arms. */
  readonly grayRequests: number;
  readonly bad: number;
  /** Part of the bad events that is on gray, and how much it scatters, variance ÷ mean. */
  readonly grayPart: number;
  readonly scatter: number;
  /** After so many intervals of the stage. */
  readonly dispersion: (intervals: number) => number;
  /** Variance of the evidence that the walk does not draw, over its square; after so many intervals of the stage. */
  readonly unsure: (intervals: number) => number;
  /** Few bad events on gray are the evidence of a pass, many of a fail. */
  readonly evidence: 'few' | 'many';
  readonly suffices: (soFar: SoFar) => boolean;
}

export interface Crossing {
  /** Half of the runs are decided by then; null: not within `longestMs`. */
  readonly medianMs: number | null;
  /** Chance that the evidence does not suffice by the limit. */
  readonly undecided: number;
}

export const longestMs = 7 * 86_400_000;

/** Cells that hold the smallest part of an event: dispersion is never taken for more. */
const finest = 1 / 12;

/** Undecided at the limit is the mean over an even spread of moments around it, as wide as what is not drawn makes it. */
export function crossing(walk: Walk, limitMs: number): Crossing {
  const aside = Math.max(1, Math.min(0.5, Math.sqrt(3 * walk.unsure(limitMs / walk.intervalMs))) * limitMs);
  let [middle, undecided, before, beforeMs] = [0, 0, 1, 0];
  for (const { ms, left } of decided(walk, limitMs)) {
    middle += ms * Math.max(0, Math.min(before, 0.5 + fringe) - Math.max(left, 0.5 - fringe));
    const inWindow = Math.max(0, Math.min(ms, limitMs + aside) - Math.max(beforeMs, limitMs - aside));
    undecided += (left * inWindow) / (2 * aside);
    [before, beforeMs] = [left, ms];
    if (ms >= limitMs + aside && left <= 0.5 - fringe) break;
  }
  const medianMs = before > 0.5 - fringe ? null : Math.round(middle / (2 * fringe) / walk.intervalMs) * walk.intervalMs;
  return { medianMs, undecided: Math.min(1, undecided) };
}

/** The median is the mean of the middle fifth: with few events it would jump by one event, where real runs are smooth. */
const fringe = 0.1;

/** The chance that is left undecided, at the ends of intervals; they become rarer as time goes on. */
export function* decided(walk: Walk, limitMs: number): Generator<{ readonly ms: number; readonly left: number }> {
  const { intervalMs, grayRequests, bad } = walk;
  let soFar: SoFar = { ms: 0, grayRequests: 0, weighedRequests: 0, weighedBad: 0, weighedGrayBad: 0 };
  let spread = surelyNone(widthOf(walk));
  while (soFar.ms < Math.max(longestMs, limitMs) && spread.chances.length > 0) {
    const intervals = stride(soFar.ms, intervalMs, limitMs);
    const before = soFar.ms;
    const dispersion = walk.dispersion(soFar.ms / intervalMs + (intervals - 1) / 2);
    soFar = {
      ...soFar,
      ms: soFar.ms + intervals * intervalMs,
      grayRequests: soFar.grayRequests + intervals * grayRequests,
      weighedRequests: soFar.weighedRequests + (intervals * grayRequests) / dispersion,
      weighedBad: soFar.weighedBad + (intervals * bad) / dispersion,
    };
    const now = soFar;
    spread = withEvents(spread, eventsBetween(walk, before, soFar.ms), 1 / dispersion);
    const out = (weighedGrayBad: number) => walk.suffices({ ...now, weighedGrayBad });
    spread = without(spread, walk.evidence === 'few' ? 'lowest' : 'highest', out);
    yield { ms: soFar.ms, left: chanceOf(spread) };
  }
}

/** What is less than one event goes on into the next interval: rounded in each of them, few events scatter too much. */
function eventsBetween({ intervalMs, bad, grayPart, scatter }: Walk, fromMs: number, toMs: number): Spread {
  const each = (bad * grayPart) / Math.max(1 - scatter, 1e-9);
  const trials = (ms: number) => Math.round((ms / intervalMs) * each);
  return eventsOf((trials(toMs) - trials(fromMs)) * (1 - scatter), scatter);
}

/** A dispersion that does not change has cells of exactly one event. */
function widthOf({ dispersion }: Walk): number {
  const steady = dispersion(0);
  return dispersion(1_000) === steady ? 1 / steady : finest;
}

/** Intervals taken together: half a percent of the time that has passed, and never beyond the limit. */
function stride(ms: number, intervalMs: number, limitMs: number): number {
  const usual = Math.max(1, Math.round(ms / intervalMs / 200));
  const left = Math.floor((limitMs - ms) / intervalMs);
  return left > 0 ? Math.min(usual, left) : usual;
}
