/** One metric: is gray high, low, neither, or is there nothing to compare? Steps 4 to 10 of Kayenta's judge. */
import { effectOf } from './effect.ts';
import { noisy } from './noise.ts';
import { prepared } from './prepare.ts';
import { sorted } from './ranks.ts';
import { type Shift, shiftOf } from './shift.ts';
import type { EffectSpec, FailOpen, KayentaRule } from './spec.ts';

export const labels = ['Pass', 'High', 'Low', 'Nodata', 'NodataFail', 'Error'] as const;
export type Label = (typeof labels)[number];

/** The values of a metric, one an interval and arm; NaN where the arm had no request. */
export interface Values {
  readonly gray: readonly number[];
  readonly stable: readonly number[];
}

export interface Classified {
  readonly label: Label;
  /** High, Low, Nodata or Error that no score can outweigh. */
  readonly critical: boolean;
  /** The numbers of the test, where there was one. */
  readonly found: Comparison | null;
  /** Why there is no test, or null. */
  readonly why: string | null;
}

export interface Comparison extends Shift {
  readonly effect: number;
}

/** Hard-coded in Kayenta's judge: part of the shift that the interval must stay clear of 0, and the 98 % interval. */
export interface Test {
  readonly tolerance: number;
  readonly z: number;
}
export const kayentaTest: Test = { tolerance: 0.25, z: 2.3263478740408408 };

type Rule = Pick<KayentaRule, 'direction' | 'nanStrategy' | 'outliers' | 'critical' | 'mustHaveData' | 'effect'>;

export function classify(
  rule: Rule,
  values: Values,
  failOpen: readonly FailOpen[],
  test: Test = kayentaTest,
): Classified {
  const gray = prepared(values.gray, rule.nanStrategy, rule.outliers);
  const stable = prepared(values.stable, rule.nanStrategy, rule.outliers);
  const empty = emptyArm({ gray, stable }, values, failOpen);
  if (empty !== null) return withoutData(rule, empty, failOpen);
  if (same(sorted(gray), sorted(stable))) return passed('both arms are identical');
  try {
    return labelled(rule, compared(rule.effect, { gray, stable }, test), test);
  } catch (cause) {
    const why = `the test broke: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { label: 'Error', critical: rule.critical && !failOpen.includes('error-vanishes'), found: null, why };
  }
}

// ── no data ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** An arm that is nothing but replaced gaps is as good as empty, unless a fail-open case says that Kayenta's zeros do. */
function emptyArm(kept: Values, measured: Values, failOpen: readonly FailOpen[]): 'gray' | 'stable' | null {
  const values = failOpen.includes('empty-arm-passes') ? kept : measured;
  if (kept.gray.length === 0 || !values.gray.some((value) => !Number.isNaN(value))) return 'gray';
  return kept.stable.length === 0 || !values.stable.some((value) => !Number.isNaN(value)) ? 'stable' : null;
}

function withoutData({ nanStrategy, critical, mustHaveData }: Rule, arm: string, failOpen: readonly FailOpen[]) {
  const why = `no value of the ${arm} arm`;
  if (nanStrategy === 'replace' && failOpen.includes('empty-arm-passes')) return passed(why);
  const fails = mustHaveData && !critical;
  return { label: fails ? 'NodataFail' : 'Nodata', critical, found: null, why } as const;
}

const passed = (why: string): Classified => ({ label: 'Pass', critical: false, found: null, why });

// ── comparison ───────────────────────────────────────────────────────────────────────────────────────────────────

const same = (one: readonly number[], other: readonly number[]): boolean =>
  (one.length === other.length && one.every((value, at) => value === other[at])) || constant([...one, ...other]);

const constant = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

function compared({ measure }: EffectSpec, { gray, stable }: Values, { z }: Test): Comparison {
  const flat = constant(gray) && constant(stable);
  const [x, y] = flat ? [noisy(gray, 'gray'), noisy(stable, 'stable')] : [gray, stable];
  return { ...shiftOf(x, y, z), effect: effectOf(measure, x, y) };
}

/** An effect that cannot be computed counts as large. */
function labelled({ direction, critical, effect: limits }: Rule, found: Comparison, { tolerance }: Test): Classified {
  const { low, high, estimate, effect } = found;
  const clear = tolerance * Math.abs(estimate);
  const atLeast = (limit: number) => Number.isNaN(effect) || effect >= limit;
  const atMost = (limit: number) => Number.isNaN(effect) || effect <= limit;
  if (direction !== 'decrease' && low > clear && atLeast(limits.allowedIncrease))
    return { label: 'High', critical: critical && atLeast(limits.criticalIncrease), found, why: null };
  if (direction !== 'increase' && high < -clear && atMost(limits.allowedDecrease))
    return { label: 'Low', critical: critical && atMost(limits.criticalDecrease), found, why: null };
  return { label: 'Pass', critical: false, found, why: null };
}
