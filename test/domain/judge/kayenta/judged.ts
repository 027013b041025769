import { unbreakable } from '../../../../src/domain/judge/index.ts';
import { kayentaJudge } from '../../../../src/domain/judge/kayenta/index.ts';
import type { KayentaJudgeSpec, KayentaRule } from '../../../../src/domain/judge/kayenta/spec.ts';
import type { JudgeContext, MetricReading } from '../../../../src/domain/verdict.ts';
import { counts, verdictOf } from '../samples.ts';
import { spec } from './samples.ts';

type Settings = Partial<Omit<KayentaJudgeSpec, 'metrics'>>;

export const judgeOf = (metrics: Readonly<Record<string, Partial<KayentaRule>>>, settings: Settings = {}) =>
  unbreakable(kayentaJudge(spec(metrics, settings)));
export const errors = judgeOf({ errors: {} });
export const critical = judgeOf({ errors: { critical: true } });

/** Rates that vary a little from interval to interval. */
export const readings = (count: number, gray: number, stable = 10): MetricReading[] =>
  Array.from({ length: count }, (_, n) => counts([gray + (n % 3), 1_000], [stable + ((n + 1) % 3), 1_000]));
export const good = readings(8, 10);
export const bad = readings(8, 40);

export const verdict = (
  metrics: Readonly<Record<string, Partial<KayentaRule>>>,
  intervals: Parameters<typeof verdictOf>[1],
  settings: Settings = {},
  context: Partial<JudgeContext> = {},
) => verdictOf(judgeOf(metrics, settings), intervals, context);
