/** Section `judge`: what decides a stage, by kind. */
import type { KayentaJudgeSpec } from '../judge/kayenta/spec.ts';

export type JudgeSpec = SequentialJudgeSpec | ThresholdJudgeSpec | LimitsJudgeSpec | KayentaJudgeSpec;

/** Evidence with a budget of risk for the whole release, however often it is looked at. */
export interface SequentialJudgeSpec {
  readonly kind: 'sequential';
  /** P(a release that is not worse is ever failed), all metrics, stages and looks together. */
  readonly alpha: number;
  /** P(a stage of a release that is `passMargin` times worse passes). */
  readonly beta: number;
  readonly metrics: Readonly<Record<string, SequentialRule>>;
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
  /** Observed part of the requests on gray ÷ configured part may be this much off, either way; null: not checked. */
  readonly sampleRatio: number | null;
}

export interface SequentialRule {
  readonly role: 'required' | 'guard';
  /** r₀ ≥ 1: gray rate ÷ stable rate that is tolerated. */
  readonly margin: number;
  /** r₁ > `margin`: a stage passes when gray is shown to be less than this many times worse; without it by the share. */
  readonly passMargin?: number;
  /** Absolute: gray fails when shown to be above it, and passes when shown to be below it. */
  readonly maxRate?: number;
  /** From `minSample` gray requests on a higher rate fails at once: evidence is not asked, and `alpha` does not cover it. */
  readonly stopAbove?: number;
  /** Fewer gray requests pass nothing. */
  readonly minSample: number;
  /** Part of the budget of risk, relative to the other metrics. */
  readonly weight: number;
  /** Variance ÷ mean of the bad events: known, measured at the stable arm, or 1 since distinct clients are counted. */
  readonly dispersion: number | 'measured' | 'clients';
}

/** Counters of measurements with limits, one measurement an interval, as in Argo's analysis. */
export interface LimitsJudgeSpec {
  readonly kind: 'limits';
  readonly metrics: Readonly<Record<string, LimitsRule>>;
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
}

export interface LimitsRule {
  readonly role: 'required' | 'guard';
  /** A measurement with a higher gray rate failed. */
  readonly failAbove: number;
  /** One with at most this rate is successful; between the two it is inconclusive. */
  readonly passBelow: number;
  /** A measurement of fewer gray requests is inconclusive. */
  readonly minSample: number;
  /** Successful measurements that pass a stage. */
  readonly count: number;
  /** One more than this many, and the metric fails, stays inconclusive, or is an error. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
}

export interface ThresholdJudgeSpec {
  readonly kind: 'threshold';
  readonly metrics: Readonly<Record<string, ThresholdRule>>;
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
}

/** At least one of `maxRate` and `maxRatio`. */
export interface ThresholdRule {
  readonly role: 'required' | 'guard';
  /** Absolute: the gray rate may not exceed this fraction. */
  readonly maxRate?: number;
  /** Relative: gray rate ÷ stable rate may not exceed this. */
  readonly maxRatio?: number;
  /** Fewer gray (and, for a relative rule, stable) requests than this decide nothing. */
  readonly minSample: number;
}
