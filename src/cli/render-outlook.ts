/** How long each stage will need for a verdict, as plain text, at most 100 columns wide. */
import { durationText } from '../domain/duration.ts';
import { percentOf } from '../domain/percent.ts';
import { percentText } from '../domain/plan/outlook/advice.ts';
import type { MetricOutlook, Need, Outlook } from '../domain/plan/outlook.ts';
import { table } from './table.ts';
import { example } from './traffic.ts';

export function renderOutlook({ requestsPerSecond, baseRates, metrics, advice }: Outlook): string {
  const rows = metrics.map((metric) => row(metric, baseRates[metric.metric] ?? 0));
  const parts = [
    `Outlook at ${requestsPerSecond} requests a second`,
    table(head, rows, [11, 17, 9, 15, 9, 9, 9, 9, 12]),
    '  In half of all releases by then, counted from the begin of the stage; ×n: gray is n times worse.',
    bullets(advice),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

const head = ['stage', 'usually bad', 'pass', 'gray requests', '×1.5', '×2', '×3', '×10', 'undecided'];

function row(
  { stage, shareBp, metric, role, pass, detect, undecided }: MetricOutlook,
  baseRate: number,
): readonly string[] {
  return [
    `${stage.replace(/^stage (\d+) .*$/, '$1')}, ${percentOf(shareBp)}`,
    `${metric} ${Number((baseRate * 100).toPrecision(4))} %`,
    role === 'guard' ? 'guard' : needText(pass),
    pass === null ? '-' : `${pass.grayRequests} (${Math.round(pass.grayBad)} bad)`,
    ...detect.map(({ need }) => needText(need)),
    undecided === null ? '-' : `${percentText(undecided.chance)}, ${durationText(undecided.afterMs)}`,
  ];
}

function needText(need: Need | null): string {
  if (need === null) return '-';
  const unit = need.ms < 600_000 ? 1_000 : need.ms < 36_000_000 ? 60_000 : 3_600_000;
  return durationText(Math.round(need.ms / unit) * unit);
}

const bullets = (lines: readonly string[]): string =>
  lines.length === 0
    ? ''
    : table(
        [],
        lines.map((line) => ['-', line]),
        [3, 93],
      );

/** Where nobody said what the traffic is. */
export const outlookHint = (metrics: readonly string[]): string =>
  `Outlook\n${table([], [[`--traffic 100 ${example(metrics)} tells how long each stage needs for a verdict`]], [98])}`;
