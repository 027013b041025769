/** From one server's exposition to the counters of a metric, and from two of those to what happened in between. */
import { distance } from 'fastest-levenshtein';
import type { ExpositionMetric } from '../../domain/spec.ts';
import type { Counts } from '../../domain/verdict.ts';
import { textMatcher } from '../pattern.ts';
import type { Exposition, Sample } from './exposition-text.ts';

/** Counter values by label set. */
export type Series = ReadonlyMap<string, number>;

/** `part` counts, among `total`, the bad requests of an errors metric or the fast ones of a latency metric. */
export interface Counters {
  readonly total: Series;
  readonly part: Series;
  readonly partIs: 'bad' | 'good';
}

export type CountersOrReason = Counters | { readonly unusable: string };

export function readCounters(metric: ExpositionMetric, exposition: Exposition): CountersOrReason {
  try {
    return 'histogram' in metric
      ? latencyCounters(exposition, metric.histogram, metric.aboveSeconds)
      : errorCounters(exposition, metric.total, metric.bad);
  } catch (cause) {
    return { unusable: cause instanceof Error ? cause.message : String(cause) };
  }
}

function errorCounters(exposition: Exposition, name: string, bad: Readonly<Record<string, string>>): Counters {
  const samples = samplesOf(exposition, name);
  const tests = Object.entries(bad).map(([label, expected]) => ({ label, matches: textMatcher(expected) }));
  for (const { label } of tests) mustHaveLabel(name, samples, label);
  const isBad = ({ labels }: Sample) => tests.every(({ label, matches }) => matches(labels[label] ?? ''));
  return { total: series(name, samples), part: series(name, samples.filter(isBad)), partIs: 'bad' };
}

/** A label that no sample has is mistyped or was renamed: without this, its errors would never be seen. */
function mustHaveLabel(name: string, samples: readonly Sample[], label: string): void {
  if (samples.length === 0 || samples.some(({ labels }) => label in labels)) return;
  const known = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
  throw new Error(`${name} has no label ${label}; it has ${known.join(', ') || 'none'}`);
}

function latencyCounters(exposition: Exposition, name: string, aboveSeconds: number): Counters {
  if (!exposition.names.has(name) && !exposition.samples.has(`${name}_bucket`)) throw unknownName(exposition, name);
  const buckets = exposition.samples.get(`${name}_bucket`) ?? [];
  const at = (bound: number) => buckets.filter(({ labels }) => boundOf(labels.le) === bound);
  const fast = at(aboveSeconds);
  if (buckets.length > 0 && fast.length === 0) throw unknownBound(name, aboveSeconds, buckets);
  return {
    total: series(name, at(Number.POSITIVE_INFINITY)),
    part: series(name, fast),
    partIs: 'good',
  };
}

const boundOf = (le = ''): number => (/^\+?inf$/i.test(le) ? Number.POSITIVE_INFINITY : Number(le || Number.NaN));

function unknownBound(name: string, bound: number, buckets: readonly Sample[]): Error {
  const bounds = [...new Set(buckets.map(({ labels }) => boundOf(labels.le)))].filter(Number.isFinite);
  bounds.sort((one, other) => one - other);
  return new Error(`${name} has no bucket bound ${bound}; it has ${bounds.join(', ')}`);
}

function samplesOf(exposition: Exposition, name: string): readonly Sample[] {
  if (!exposition.names.has(name)) throw unknownName(exposition, name);
  return exposition.samples.get(name) ?? [];
}

function unknownName({ names }: Exposition, name: string): Error {
  const near = [...names]
    .map((known) => ({ known, far: distance(known, name) }))
    .filter(({ known, far }) => far <= Math.max(3, name.length / 3) || known.includes(name) || name.includes(known))
    .sort((one, other) => one.far - other.far)
    .slice(0, 3);
  const hint = near.length === 0 ? '' : `; near it: ${near.map(({ known }) => known).join(', ')}`;
  return new Error(`there is no metric ${name}${hint}`);
}

/** The sample's other labels name its series; `le` is decided already. */
function series(name: string, samples: readonly Sample[]): Series {
  const values = new Map<string, number>();
  for (const { labels, value } of samples) {
    if (!Number.isFinite(value) || value < 0) throw new Error(`${name} is ${value}`);
    const { le: _, ...rest } = labels;
    const key = JSON.stringify(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)));
    values.set(key, (values.get(key) ?? 0) + value);
  }
  return values;
}

/**
 * What was counted between two samples of one server. After a restart (told, or seen by a falling counter) all that the
 * new process counted belongs to the interval; what the old one counted after the first sample is lost with it. A
 * series that is new since the first sample began at zero.
 */
export function increase(before: Counters, after: Counters, restarted: boolean): Counts {
  const fresh = restarted || fell(before.total, after.total) || fell(before.part, after.part);
  const total = grown(before.total, after.total, fresh);
  const part = grown(before.part, after.part, fresh);
  return { total, bad: Math.min(total, Math.max(0, after.partIs === 'bad' ? part : total - part)) };
}

const fell = (before: Series, after: Series): boolean =>
  [...before].some(([key, value]) => (after.get(key) ?? 0) < value);

function grown(before: Series, after: Series, fresh: boolean): number {
  let sum = 0;
  for (const [key, value] of after) sum += fresh ? value : value - (before.get(key) ?? 0);
  return sum;
}
