/** A recorded table of intervals, CSV or JSON, as rows; every problem at once, with its line. */
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { InvalidInput } from '../domain/errors.ts';
import type { TableRow } from '../domain/judge/table.ts';
import { type Finding, finding, toProblems } from './finding.ts';
import { check } from './issues.ts';
import { listed, nearest } from './near.ts';
import { expects, metricName, text } from './scalars.ts';

const count = z.coerce
  .number({ error: expects('a count') })
  .int({ error: expects('a whole number') })
  .min(0, { error: expects('a count, 0 or more') });

const seconds = z.coerce.number({ error: expects('seconds') }).min(0, { error: expects('seconds since 1970') });

const row = z
  .object({
    interval_end_s: seconds,
    metric: text('a metric name', metricName),
    gray_total: count,
    gray_bad: count,
    stable_total: count,
    stable_bad: count,
    share_bp: z.coerce
      .number({ error: expects('basis points') })
      .min(0)
      .max(10_000, { error: expects('at most 10000 basis points') }),
    interval_start_s: seconds.optional(),
    stage: z.coerce
      .number({ error: expects('the number of a stage') })
      .int()
      .min(1)
      .optional(),
  })
  .refine((found) => found.gray_bad <= found.gray_total && found.stable_bad <= found.stable_total, {
    error: 'expected at most as many bad requests as requests',
  });

const required = ['interval_end_s', 'metric', 'gray_total', 'gray_bad', 'stable_total', 'stable_bad', 'share_bp'];
const known = [...required, 'interval_start_s', 'stage'];

export interface IntervalTable {
  readonly rows: readonly TableRow[];
  /** Columns that nobody reads. */
  readonly ignored: readonly string[];
}

/** Throws `InvalidInput`. `name` is how messages call the table. */
export function readIntervalTable(content: string, name: string): IntervalTable {
  const records = recordsIn(content, name);
  const [first] = records;
  if (first === undefined) throw refused(name, [finding([], 'expected at least one interval, found none')]);
  const columns = Object.keys(first.values);
  const missing = required.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw refused(
      name,
      missing.map((column) => missingColumn(column, columns)),
    );
  const checked = records.map(({ values, line }) => ({ line, result: check(row, withoutEmpty(values)) }));
  const findings = checked.flatMap(({ line, result }) => (result.ok ? [] : result.findings.map(atLine(line))));
  const rows = checked.flatMap(({ result, line }) => (result.ok ? [{ line, ...rowOf(result.data) }] : []));
  const all = [...findings, ...twice(rows)];
  if (all.length > 0) throw refused(name, all);
  return {
    rows: rows.map(({ line: _, ...read }) => read),
    ignored: columns.filter((column) => !known.includes(column)),
  };
}

interface Record {
  readonly line: number;
  readonly values: Readonly<globalThis.Record<string, unknown>>;
}

function recordsIn(content: string, name: string): readonly Record[] {
  if (/^\s*[[{]/.test(content)) return jsonRecords(content, name);
  try {
    const options = { columns: true, bom: true, trim: true, skip_empty_lines: true, info: true } as const;
    const parsed: { readonly record: globalThis.Record<string, string>; readonly info: { readonly lines: number } }[] =
      parse(content, options);
    return parsed.map(({ record, info }) => ({ values: record, line: info.lines }));
  } catch (cause) {
    throw refused(name, [finding([], cause instanceof Error ? cause.message : String(cause))]);
  }
}

function jsonRecords(content: string, name: string): readonly Record[] {
  try {
    const list = check(z.array(z.record(z.string(), z.unknown())), JSON.parse(content));
    if (list.ok) return list.data.map((values, index) => ({ values, line: index + 1 }));
    throw refused(name, list.findings);
  } catch (cause) {
    if (cause instanceof InvalidInput) throw cause;
    throw refused(name, [
      finding([], `expected CSV or JSON: ${cause instanceof Error ? cause.message : String(cause)}`),
    ]);
  }
}

/** An empty cell says nothing; a coerced one would be 0. */
const withoutEmpty = (values: Record['values']): Record['values'] =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null));

function rowOf(found: z.output<typeof row>): TableRow {
  const { interval_start_s: start, stage } = found;
  return {
    endMs: Math.round(found.interval_end_s * 1_000),
    ...(start !== undefined && { startMs: Math.round(start * 1_000) }),
    ...(stage !== undefined && { stage }),
    metric: found.metric,
    gray: { total: found.gray_total, bad: found.gray_bad },
    stable: { total: found.stable_total, bad: found.stable_bad },
    shareBp: found.share_bp,
  };
}

/** Nobody can tell which of two rows is true. */
function twice(rows: readonly (TableRow & { readonly line: number })[]): Finding[] {
  const seen = new Map<string, number>();
  return rows.flatMap(({ line, metric, endMs }) => {
    const key = `${endMs} ${metric}`;
    const before = seen.get(key);
    seen.set(key, before ?? line);
    return before === undefined
      ? []
      : [finding([`line ${line}`], `${metric} at ${endMs / 1_000} s is there twice, first in line ${before}`)];
  });
}

const atLine =
  (line: number) =>
  (found: Finding): Finding => ({ ...found, path: [`line ${line}`, ...found.path] });

const missingColumn = (column: string, columns: readonly string[]): Finding =>
  finding([column], `no such column; found ${listed(columns) || 'none'}`, nearest(column, columns));

const refused = (name: string, findings: readonly Finding[]): InvalidInput =>
  new InvalidInput(name, toProblems(findings, () => undefined).slice(0, 100));
