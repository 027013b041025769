/** How every benchmark ends: a table for people and, as the last line, one line of JSON for machines. */
import Table from 'cli-table3';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The figure must not be above this; without it the figure is only shown. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface BenchReport {
  readonly bench: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly bounds: Readonly<Record<string, { readonly atMost?: number; readonly atLeast?: number }>>;
  readonly ok: boolean;
}

/** Prints the report and sets the exit status: 1 when a figure is out of its bounds or no number at all. */
export function finish(bench: string, figures: readonly Figure[]): BenchReport {
  const report = toReport(bench, figures);
  console.log(toTable(figures));
  console.log(JSON.stringify(report));
  if (!report.ok) process.exitCode = 1;
  return report;
}

export const toReport = (bench: string, figures: readonly Figure[]): BenchReport => ({
  bench,
  figures: Object.fromEntries(figures.map(({ name, value }) => [name, round(value)])),
  bounds: Object.fromEntries(figures.filter(isBound).map((figure) => [figure.name, boundsOf(figure)])),
  ok: figures.length > 0 && figures.every(holds),
});

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Nearest rank: each is a value that was measured. Throws without samples. */
export function percentiles(samples: readonly number[]): Percentiles {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number): number => {
    const value = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
    if (value === undefined) throw new Error('no samples, no percentiles');
    return value;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** The three percentiles as figures called `<name> p50` and so on; bounds by percentile. */
export const percentileFigures = (
  name: string,
  unit: string,
  samples: readonly number[],
  atMost: Partial<Percentiles> = {},
): readonly Figure[] => {
  const found = percentiles(samples);
  return (['p50', 'p95', 'p99'] as const).map((part) => {
    const bound = atMost[part];
    return { name: `${name} ${part}`, value: found[part], unit, ...(bound === undefined ? {} : { atMost: bound }) };
  });
};

const isBound = ({ atMost, atLeast }: Figure): boolean => atMost !== undefined || atLeast !== undefined;

const boundsOf = ({ atMost, atLeast }: Figure) => ({
  ...(atMost === undefined ? {} : { atMost }),
  ...(atLeast === undefined ? {} : { atLeast }),
});

/** Written so that NaN never holds. */
const holds = ({ value, atMost, atLeast }: Figure): boolean =>
  Number.isFinite(value) && (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);

const round = (value: number): number => Math.round(value * 1000) / 1000;

function toTable(figures: readonly Figure[]): string {
  const table = new Table({ head: ['figure', 'value', 'bound', ''], style: { head: [], border: [] } });
  for (const figure of figures) {
    const { name, value, unit, atMost, atLeast } = figure;
    const bound = [atLeast === undefined ? '' : `≥ ${atLeast}`, atMost === undefined ? '' : `≤ ${atMost}`]
      .join(' ')
      .trim();
    table.push([name, `${round(value)} ${unit}`, bound, isBound(figure) ? (holds(figure) ? 'holds' : 'MISSED') : '']);
  }
  return table.toString();
}
