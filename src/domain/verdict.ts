/** What is measured in a stage, and what a judge says of it. */
import type { Arm } from './server.ts';

/** Events of one metric on one arm in one closed interval. `bad` ≤ `total`. */
export interface Counts {
  readonly total: number;
  readonly bad: number;
}

/** One closed interval, keyed by its end (epoch milliseconds of the metric source). */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly metrics: Readonly<Record<string, MetricReading>>;
  /** Part of all requests that the route meant for gray in this interval, basis points; absent where it changed. */
  readonly meantBp?: number;
}

/** Counts per arm, or the reason why this metric cannot be judged in this interval. */
export type MetricReading = { readonly counts: Readonly<Record<Arm, Counts>> } | { readonly unusable: string };

/** `error` is a judge that broke; it counts as inconclusive, never as pass. */
export type VerdictKind = 'pass' | 'fail' | 'inconclusive' | 'error';

export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence a person on duty can act on. */
  readonly reason: string;
  /** The metric that decided, where one did. */
  readonly metric?: string;
  readonly evidence: readonly MetricEvidence[];
  /** End of the newest interval used, epoch milliseconds; 0 when there is none. */
  readonly untilMs: number;
}

/** The numbers behind a verdict, one metric. Rates are fractions of 1. */
export interface MetricEvidence {
  readonly metric: string;
  readonly kind: VerdictKind;
  readonly reason: string;
  readonly role: 'required' | 'guard';
  readonly gray: Counts;
  readonly stable: Counts;
  /** What a judge of evidence knows besides. */
  readonly evidence?: Evidence;
}

/** Evidence as logarithms: it fails at `failAt`, passes at `passAt`; 0 is none, below 0 is against. */
export interface Evidence {
  readonly lnFail: number;
  readonly failAt: number;
  readonly lnPass: number;
  readonly passAt: number;
  /** Gray rate ÷ stable rate; null where stable has no bad event. */
  readonly ratio: number | null;
  /** What that ratio may be, at the risk of the release, however often one looks; null is unbounded. */
  readonly ratioLow: number | null;
  readonly ratioHigh: number | null;
  /** Variance ÷ mean of the bad events that was used. */
  readonly dispersion: number;
  /** One sentence: what would change the verdict. */
  readonly outlook: string;
}

/**
 * What a judge remembers between intervals: plain JSON, bounded in size, carried by heartbeats, across attempts,
 * pauses and continue-as-new. `upToMs` is the end of the newest interval folded in; an interval that does not end
 * later was seen already and is ignored.
 */
export interface Fold {
  readonly upToMs: number;
  readonly memory: Readonly<Record<string, unknown>>;
}

/** Where the judge is asked: in a stage both arms compare; late in leveling and in the watch only absolute rules hold. */
export interface JudgeContext {
  readonly nowMs: number;
  readonly rules: 'all' | 'absolute';
  /** Configured share of users on gray, basis points. */
  readonly shareBp: number;
}

/** A judge is a pure fold over closed intervals; it can only say stop, go or hold, and never touches traffic. */
export interface Judge {
  readonly start: () => Fold;
  /** What is remembered into the next stage: a stage needs a pass of its own, a budget of risk may go on. */
  readonly nextStage: (fold: Fold) => Fold;
  readonly fold: (fold: Fold, interval: Interval) => Fold;
  readonly decide: (fold: Fold, context: JudgeContext) => Verdict;
}
