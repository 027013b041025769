/** The queries of a latency metric that names a histogram and a bound. */
import type { PrometheusHistogram } from '../../domain/spec.ts';
import type { QueryFacts } from './promql.ts';
import { writtenOut } from './promql.ts';

export interface HistogramQueries {
  readonly total: string;
  /** Requests that were as fast as the bound; the others are bad. */
  readonly fast: string;
  /** One row per bound there is. */
  readonly bounds: string;
}

export function histogramQueries(metric: PrometheusHistogram, { instanceLabel }: QueryFacts): HistogramQueries {
  const { histogram, aboveSeconds, matching } = metric;
  const matchers = [`${instanceLabel}=~"{servers}"`, ...(matching === undefined ? [] : [matching])];
  const fast = [...matchers, `le=~"${boundPattern(aboveSeconds)}"`];
  return {
    total: `increase(${histogram}_count{${matchers.join(',')}}[{window}])`,
    fast: `increase(${histogram}_bucket{${fast.join(',')}}[{window}])`,
    bounds: `count by (le) (${histogram}_bucket{${matchers.join(',')}})`,
  };
}

/** `le` is text, and client libraries write 1 as `1` or `1.0`, and 0.0001 as `1e-04`. */
export function boundPattern(seconds: number): string {
  const [whole = '0', digits = ''] = plainDecimal(seconds).split('.');
  const plain = digits === '' ? `${whole}([.]0+)?` : `${whole}[.]${digits}0*`;
  const [mantissa = '', exponent = '0'] = seconds.toExponential().split('e');
  const sign = Number(exponent) < 0 ? '-' : '[+]?';
  const power = `${mantissa.replace('.', '[.]')}([.]0+)?e${sign}0*${Math.abs(Number(exponent))}`;
  return `${plain}|${power}`;
}

/** Never with an exponent, which JavaScript writes below a millionth. */
const plainDecimal = (seconds: number): string => seconds.toFixed(9).replace(/\.?0+$/, '');

export const boundsQuery = (queries: HistogramQueries, facts: QueryFacts): string => writtenOut(queries.bounds, facts);
