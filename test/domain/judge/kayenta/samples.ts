/** Short words for the tests of the Kayenta judge. */
import type { KayentaJudgeSpec, KayentaRule } from '../../../../src/domain/judge/kayenta/spec.ts';

/** Kayenta's defaults, values as rates. */
export const rule: KayentaRule = {
  role: 'required',
  scale: 1,
  direction: 'either',
  nanStrategy: 'remove',
  outliers: 'keep',
  critical: false,
  mustHaveData: false,
  muted: false,
  effect: { measure: 'meanRatio', allowedIncrease: 1, allowedDecrease: 1, criticalIncrease: 1, criticalDecrease: 1 },
  groups: [],
  minSample: 1,
};

/** One analysis every second interval of the ten seconds of the other samples, from two values on. */
export const spec = (
  metrics: Readonly<Record<string, Partial<KayentaRule>>>,
  settings: Partial<Omit<KayentaJudgeSpec, 'metrics'>> = {},
): KayentaJudgeSpec => ({
  kind: 'kayenta',
  groupWeights: {},
  score: { pass: 95, marginal: 75 },
  everyMs: 20_000,
  minPoints: 2,
  lookback: 100,
  missing: 'holds',
  failOpen: [],
  staleMs: 30_000,
  ...settings,
  metrics: Object.fromEntries(
    Object.entries(metrics).map(([name, own]) => [name, { ...rule, scale: 1e6, direction: 'increase', ...own }]),
  ),
});
