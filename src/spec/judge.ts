/** Section `judge`: one branch per kind; without a kind it is the sequential one. */
import { z } from 'zod';
import type { JudgeSpec, LimitsJudgeSpec } from '../domain/spec.ts';
import { kayentaSection, resolveKayenta } from './judge-kayenta.ts';
import { decimal, expects, metricName, named, oneOf, section, whole } from './scalars.ts';
import { duration, rate } from './units.ts';

const role = () =>
  oneOf(['required', 'guard'])
    .default('required')
    .describe('required: passes a stage with enough evidence. guard: can only fail it.');

const rules = <R extends z.ZodType>(rule: R) =>
  named('a metric name', metricName, rule).describe('One rule per metric; at least one is required.');

const stale = duration('100ms', '1d').exactOptional().describe('Older data decides nothing. Default: 3 intervals.');

const maxRate = rate().exactOptional().describe('Absolute: the gray rate may not exceed this.');

const dispersion = z
  .union([oneOf(['measured', 'clients']), decimal(1, 1000)], {
    error: expects('measured, clients, or a number from 1 to 1000'),
  })
  .default('measured')
  .describe(
    'How bad events clump, variance ÷ mean: measured at the stable servers; clients: distinct clients are counted, so they do not; or a number known from before.',
  );

const sequentialRule = section({
  role: role(),
  margin: decimal(1, 100).default(1.25).describe('Gray rate ÷ stable rate that is tolerated.'),
  passMargin: decimal(1.01, 1000)
    .exactOptional()
    .describe(
      'A stage passes once gray is shown to be less than this many times worse. Default: by the share, 5 at 1 % down to 1.5.',
    ),
  maxRate: rate()
    .exactOptional()
    .describe(
      'Absolute: shown to be above it, gray fails; shown to be below it, gray passes even where nothing is bad.',
    ),
  stopAbove: rate()
    .exactOptional()
    .describe('Absolute: from minSample gray requests on, a higher rate fails at once, without evidence.'),
  minSample: whole(1, 1_000_000_000)
    .default(30)
    .describe('Fewer gray requests than this pass nothing and break no stopAbove.'),
  weight: decimal(0.001, 1000).default(1).describe('Part of the budget of risk, relative to the other metrics.'),
  dispersion,
});

const sequential = section({
  kind: z
    .literal('sequential')
    .exactOptional()
    .describe('Evidence with one budget of risk for the whole release; the default.'),
  alpha: decimal(0.000001, 0.5).default(0.01).describe('Risk that a release that is not worse is ever failed.'),
  beta: decimal(0.000001, 0.5)
    .default(0.05)
    .describe('Risk that a stage of a release that is passMargin times worse passes.'),
  metrics: rules(sequentialRule),
  sampleRatio: z
    .union([z.literal('off'), decimal(1.05, 100)], { error: expects('off, or a number from 1.05 to 100') })
    .default(2)
    .describe('How many times more or less than its part of the requests gray may get before nothing can be judged.'),
  stale,
});

const thresholdRule = section({
  role: role(),
  maxRate,
  maxRatio: decimal(1, 1000).exactOptional().describe('Relative: gray rate ÷ stable rate may not exceed this.'),
  minSample: whole(1, 1_000_000_000).default(100).describe('Fewer requests than this decide nothing.'),
}).refine((value) => value.maxRate !== undefined || value.maxRatio !== undefined, {
  error: 'expected maxRate, maxRatio or both, found neither',
});

const threshold = section({
  kind: z.literal('threshold').describe('Fixed limits with a minimum sample.'),
  metrics: rules(thresholdRule),
  stale,
});

const limit = (usual: number, what: string) => whole(0, 1_000_000).default(usual).describe(what);

const limitsRule = section({
  role: role(),
  failAbove: rate().describe('A measurement with a higher gray rate failed.'),
  passBelow: rate()
    .exactOptional()
    .describe('One at or below it is successful; in between inconclusive. Default: failAbove.'),
  minSample: whole(1, 1_000_000_000).default(1).describe('A measurement of fewer gray requests is inconclusive.'),
  count: whole(1, 1_000_000).default(1).describe('Successful measurements that pass a stage.'),
  failureLimit: limit(0, 'One failed measurement more fails the release.'),
  inconclusiveLimit: limit(0, 'One inconclusive measurement more, and the stage stays undecided.'),
  consecutiveErrorLimit: limit(4, 'One measurement more in a row that cannot be made is an error.'),
}).refine(({ passBelow, failAbove }) => passBelow === undefined || passBelow <= failAbove, {
  path: ['passBelow'],
  error: 'expected at most failAbove',
});

const limits = section({
  kind: z
    .literal('limits')
    .describe("Counters of failed, inconclusive and successful intervals, as in Argo's analysis."),
  metrics: rules(limitsRule),
  stale,
});

export const judge = z
  .discriminatedUnion('kind', [sequential, threshold, limits, kayentaSection], { error: expects('a group of keys') })
  .describe('When a stage passes or fails.');

/** `intervalMs`: length of one measurement. */
export function resolveJudge(file: z.output<typeof judge>, intervalMs: number): JudgeSpec {
  if (file.kind === 'kayenta') return resolveKayenta(file, intervalMs);
  const { stale: staleFile, ...rest } = file;
  const staleMs = staleFile ?? 3 * intervalMs;
  if (rest.kind === 'threshold') return { ...rest, staleMs };
  if (rest.kind === 'limits') return { ...rest, metrics: withPassBelow(rest.metrics), staleMs };
  const { sampleRatio, ...settings } = rest;
  return { ...settings, kind: 'sequential', sampleRatio: sampleRatio === 'off' ? null : sampleRatio, staleMs };
}

type LimitsFile = Extract<z.output<typeof judge>, { kind: 'limits' }>['metrics'];

const withPassBelow = (metrics: LimitsFile): LimitsJudgeSpec['metrics'] =>
  Object.fromEntries(
    Object.entries(metrics).map(([name, rule]) => [name, { ...rule, passBelow: rule.passBelow ?? rule.failAbove }]),
  );
