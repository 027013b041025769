/** Section `judge` of kind `kayenta`; docs/judges/kayenta.md says which defaults differ from Kayenta's. */
import { z } from 'zod';
import { failOpenCases, type KayentaJudgeSpec } from '../domain/judge/kayenta/spec.ts';
import { decimal, expects, flag, list, metricName, named, nameText, oneOf, section, text, whole } from './scalars.ts';
import { duration, rate } from './units.ts';

const effect = section({
  measure: oneOf(['meanRatio', 'cles']).default('meanRatio'),
  allowedIncrease: decimal(0, 1_000_000).exactOptional(),
  allowedDecrease: decimal(0, 1_000_000).exactOptional(),
  criticalIncrease: decimal(0, 1_000_000).exactOptional(),
  criticalDecrease: decimal(0, 1_000_000).exactOptional(),
})
  .prefault({})
  .transform(({ measure, ...given }) => {
    const none = measure === 'cles' ? 0.5 : 1;
    const usual = { allowedIncrease: none, allowedDecrease: none, criticalIncrease: none, criticalDecrease: none };
    return { measure, ...usual, ...given };
  });

/** `maxRate` is a percentage in the file, and a fraction in a request. */
const rule = <R extends z.ZodType<number>>(maxRate: R) =>
  section({
    role: oneOf(['required', 'guard']).default('required'),
    scale: decimal(1, 1e12).default(1e6).describe('Values are rate × scale; 1e6 is parts per million.'),
    direction: oneOf(['increase', 'decrease', 'either']).default('increase').describe('Which difference is bad.'),
    nanStrategy: oneOf(['remove', 'replace'])
      .default('remove')
      .describe('An interval without a request: left out, or 0.'),
    outliers: z
      .union([z.literal('keep'), decimal(0, 100)], { error: expects('keep, or a factor such as 3') })
      .default('keep')
      .describe('Values this many interquartile ranges off are left out.'),
    critical: flag().default(false).describe('High or Low fails the release, whatever the score.'),
    mustHaveData: flag().default(false),
    muted: flag().default(false).describe('Judged and shown, never counted.'),
    effect,
    groups: list(nameText('the name of a group'), 'groups', { max: 50 }).default([]),
    maxRate: maxRate.optional().describe('Not in Kayenta: a higher gray rate fails.'),
    minSample: whole(1, 1_000_000_000).default(30),
  }).transform(({ maxRate: limit, ...rest }) => ({ ...rest, ...(limit !== undefined && { maxRate: limit }) }));

const score = section({ pass: decimal(0, 100).default(95), marginal: decimal(0, 100).default(75) })
  .prefault({})
  .refine(({ pass, marginal }) => marginal < pass, { path: ['marginal'], error: 'expected less than pass' });

const shared = {
  kind: z.literal('kayenta').describe("Kayenta's rank-sum judge, its fail-open cases closed."),
  groupWeights: named('the name of a group', /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, decimal(0, 100)).default({}),
  score,
  minPoints: whole(1, 1_000).default(10).describe('Fewer intervals of an arm decide nothing.'),
  lookback: whole(1, 1_000).default(240).describe('Newest intervals of a stage that are compared.'),
  missing: oneOf(['holds', 'fails']).default('holds').describe('What missing data of a metric that needs them does.'),
  failOpen: list(text(`one of ${failOpenCases.join(', ')}`, new RegExp(`^(${failOpenCases.join('|')})$`)), 'cases', {
    max: 3,
  })
    .default([])
    .transform((cases) => failOpenCases.filter((known) => cases.includes(known)))
    .describe("Kayenta's ways to let a release pass unjudged."),
};

export const kayentaSection = section({
  ...shared,
  metrics: named('a metric name', metricName, rule(rate())),
  every: duration('100ms', '1d').exactOptional().describe('From one analysis to the next. Default: 10 intervals.'),
  stale: duration('100ms', '1d').exactOptional().describe('Older data decides nothing. Default: 3 intervals.'),
});

const milliseconds = () => whole(1, 31_536_000_000);

/** As it travels in a request. */
export const kayentaRequest = section({
  ...shared,
  metrics: named('a metric name', metricName, rule(z.number().gt(0).max(1))),
  everyMs: milliseconds(),
  staleMs: milliseconds(),
});

export function resolveKayenta(file: z.output<typeof kayentaSection>, intervalMs: number): KayentaJudgeSpec {
  const { every, stale, ...rest } = file;
  return { ...rest, everyMs: every ?? 10 * intervalMs, staleMs: stale ?? 3 * intervalMs };
}
