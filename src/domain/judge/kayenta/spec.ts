/** Settings of the judge that follows Kayenta's NetflixACAJudge; docs/judges/kayenta.md names each one's origin. */
import type { Measure } from './effect.ts';
import type { NanStrategy, Outliers } from './prepare.ts';

export interface KayentaJudgeSpec {
  readonly kind: 'kayenta';
  readonly metrics: Readonly<Record<string, KayentaRule>>;
  /** Group → part of 100. Groups that are not named share what is left. */
  readonly groupWeights: Readonly<Record<string, number>>;
  /** 0–100, `marginal` below `pass`: an analysis at or below `marginal` fails; at least `pass` in the latest one passes. */
  readonly score: { readonly pass: number; readonly marginal: number };
  /** Observed time of a stage from one analysis to the next. */
  readonly everyMs: number;
  /** A metric with fewer measured values in an arm is not judged. Kayenta: 1, with a warning below 50. */
  readonly minPoints: number;
  /** Newest intervals of a stage that are compared, at most 1000; older ones are dropped. */
  readonly lookback: number;
  /** No data of a critical metric, of one that must have some or of half of all: no verdict, or, as in Kayenta, a fail. */
  readonly missing: 'holds' | 'fails';
  /** Kayenta's ways to let a release pass unjudged, closed unless named here. */
  readonly failOpen: readonly FailOpen[];
  /** Data older than this at a decision is stale. */
  readonly staleMs: number;
}

/**
 * `error-vanishes`: a metric whose test breaks is no longer critical and counts nowhere.
 * `empty-arm-passes`: with `replace`, a metric passes where an arm has no value at all, also if it is critical.
 * `empty-group-is-100`: a group of which no metric was judged scores 100.
 */
export type FailOpen = (typeof failOpenCases)[number];
export const failOpenCases = ['error-vanishes', 'empty-arm-passes', 'empty-group-is-100'] as const;

/** An interval's value is its bad rate × `scale`, for each arm. */
export interface KayentaRule {
  /** A stage passes only when every metric was judged that is required, critical or must have data. */
  readonly role: 'required' | 'guard';
  /** The search for the shift stops within 0.0001, so small rates need a large scale: 1e6 is parts per million. */
  readonly scale: number;
  /** Which difference is bad. */
  readonly direction: 'increase' | 'decrease' | 'either';
  /** An interval without a request of the arm: left out, or 0. */
  readonly nanStrategy: NanStrategy;
  readonly outliers: Outliers;
  /** High or Low fails the release, whatever the score. */
  readonly critical: boolean;
  readonly mustHaveData: boolean;
  /** Judged and shown, never counted. */
  readonly muted: boolean;
  readonly effect: EffectSpec;
  /** None: the group of metrics without one. */
  readonly groups: readonly string[];
  /** Not in Kayenta. From `minSample` gray requests on, a higher gray rate fails; holds in the watch too. */
  readonly maxRate?: number;
  readonly minSample: number;
}

/** A smaller effect than allowed is no difference, a smaller one than critical is not critical. No effect: 1, for cles 0.5. */
export interface EffectSpec {
  readonly measure: Measure;
  readonly allowedIncrease: number;
  readonly allowedDecrease: number;
  readonly criticalIncrease: number;
  readonly criticalDecrease: number;
}
