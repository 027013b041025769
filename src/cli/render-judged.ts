/** A judged table for people: one line per interval and metric, the last verdict at the end. */
import type { JudgedInterval } from '../domain/judge/table.ts';
import { percentOf } from '../domain/percent.ts';
import type { Evidence, MetricEvidence } from '../domain/verdict.ts';
import { table } from './table.ts';

export function renderJudged(judged: readonly JudgedInterval[]): string[] {
  const rows = judged.flatMap((interval) => interval.verdict.evidence.map((metric) => rowOf(interval, metric)));
  const last = judged.at(-1)?.verdict;
  return [
    ...table(
      header,
      rows,
      header.map(() => widest),
    ).split('\n'),
    ...(last === undefined ? [] : ['', `${last.kind}: ${last.reason}`]),
  ];
}

const widest = 40;

const header = ['end', 'stage', 'share', 'metric', 'gray', 'stable', 'against', 'for', 'ratio', 'verdict'];

const rowOf = ({ endMs, stage, shareBp, verdict }: JudgedInterval, metric: MetricEvidence): string[] => [
  new Date(endMs).toISOString().replace(/\.000Z$/, 'Z'),
  String(stage),
  percentOf(shareBp),
  metric.metric,
  `${metric.gray.bad}/${metric.gray.total}`,
  `${metric.stable.bad}/${metric.stable.total}`,
  ...numbers(metric.evidence),
  metric.kind === verdict.kind ? metric.kind : `${metric.kind} (all: ${verdict.kind})`,
];

function numbers(evidence: Evidence | undefined): string[] {
  if (evidence === undefined) return ['', '', ''];
  const { lnFail, failAt, lnPass, passAt, ratio } = evidence;
  return [
    `${lnFail.toFixed(1)} of ${failAt.toFixed(1)}`,
    `${lnPass.toFixed(1)} of ${passAt.toFixed(1)}`,
    ratio === null ? '' : ratio.toFixed(2),
  ];
}
