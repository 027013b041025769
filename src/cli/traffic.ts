/** What somebody knows of the target's traffic, from the command line. */
import { InvalidInput, type Problem } from '../domain/errors.ts';
import type { Traffic } from '../domain/plan/outlook.ts';
import { listed, nearest } from '../spec/near.ts';
import { type Options, textOf } from './verb.ts';

export const trafficOptions = [
  [
    '--traffic <requests>',
    'requests per second of the whole target, or "measured": how long will each stage need for a verdict?',
  ],
  ['--base-rate <rates...>', 'usual part of bad events per metric, such as errors=0.5% (may be repeated)'],
] as const;

/** The metric source is asked; a base rate that is given besides comes first. */
export const isMeasured = (options: Options): boolean => textOf(options, 'traffic') === 'measured';

/** The rates that were given. Refuses every mistake at once. */
export function baseRatesOf(options: Options, metrics: readonly string[]): Traffic['baseRates'] {
  const parsed = ratesIn(options).map((text) => parseRate(text, metrics));
  const problems = parsed.length === 0 ? [] : rateProblems(parsed, metrics);
  if (problems.length > 0) throw new InvalidInput('options', problems);
  return ratesOf(parsed);
}

/** Null: nothing was said. Refuses every mistake at once. */
export function trafficOf(options: Options, metrics: readonly string[]): Traffic | null {
  const traffic = textOf(options, 'traffic');
  const rates = ratesIn(options);
  if (traffic === undefined && rates.length === 0) return null;
  const parsed = rates.map((text) => parseRate(text, metrics));
  const problems = [...trafficProblems(traffic), ...rateProblems(parsed, metrics)];
  if (problems.length > 0) throw new InvalidInput('options', problems);
  return { requestsPerSecond: Number(traffic), baseRates: ratesOf(parsed) };
}

const ratesIn = ({ baseRate }: Options): readonly string[] =>
  Array.isArray(baseRate) ? baseRate.filter((one: unknown) => typeof one === 'string') : [];

const highest = 10_000_000;

function trafficProblems(text: string | undefined): readonly Problem[] {
  const path = '--traffic';
  if (text === undefined) return [{ path, message: 'missing; a base rate needs the requests per second' }];
  const value = /^\d{1,8}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= highest) return [];
  const message = `expected requests per second, above 0 and up to ${highest}, such as 100 or 0.5, or measured, found "${text}"`;
  return [{ path, message }];
}

type ParsedRate = { readonly metric: string; readonly rate: number } | { readonly problem: Problem };

const ratesOf = (parsed: readonly ParsedRate[]): Traffic['baseRates'] =>
  Object.fromEntries(parsed.flatMap((one) => ('rate' in one ? [[one.metric, one.rate]] : [])));

function parseRate(text: string, metrics: readonly string[]): ParsedRate {
  const path = '--base-rate';
  const [, metric, percent] = /^([^=]+)=(\d{1,2}(?:\.\d{1,6})?)%$/.exec(text) ?? [];
  if (metric === undefined) {
    const message = `expected metric=percent below 100%, such as ${metrics[0] ?? 'errors'}=0.5%, found "${text}"`;
    return { problem: { path, message: `${message}; the file goes before the options` } };
  }
  if (metrics.includes(metric)) return { metric, rate: Number(percent) / 100 };
  const suggestion = nearest(metric, metrics);
  const message = `the judge has no metric "${metric}"; it has ${listed(metrics)}`;
  return { problem: { path, message, ...(suggestion !== undefined && { suggestion }) } };
}

function rateProblems(parsed: readonly ParsedRate[], metrics: readonly string[]): readonly Problem[] {
  const path = '--base-rate';
  if (parsed.length === 0)
    return [{ path, message: `missing; expected a usual part of bad events: ${example(metrics)}` }];
  const names = parsed.flatMap((one) => ('metric' in one ? [one.metric] : []));
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  return [
    ...parsed.flatMap((one) => ('problem' in one ? [one.problem] : [])),
    ...twice.map((name) => ({ path, message: `"${name}" is given twice` })),
  ];
}

/** What to write, with the metrics of the file. */
export const example = (metrics: readonly string[]): string =>
  metrics.map((metric) => `--base-rate ${metric}=0.5%`).join(' ');
