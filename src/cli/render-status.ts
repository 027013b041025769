/** A status for people: a few labelled lines, the servers as a table, what may be done now. */
import { createColors } from 'picocolors';
import { heldMs } from '../domain/clock.ts';
import { evidenceText } from '../domain/evidence.ts';
import { goalText } from '../domain/goal.ts';
import { percentOf, stageShare } from '../domain/percent.ts';
import { isGood } from '../domain/phases.ts';
import { rehearsedText } from '../domain/rehearsal.ts';
import type { ServerStatus, StageStatus, Status } from '../domain/status.ts';
import type { MetricEvidence } from '../domain/verdict.ts';
import { columns } from './columns.ts';
import { clockTime, duration } from './time.ts';

export interface StatusView {
  readonly nowMs: number;
  readonly color: boolean;
  readonly link: string | null;
  /** Newest journal entries to show; default 5. */
  readonly journal?: number;
}

type Row = readonly [label: string, text: string];

export function renderStatus(status: Status, view: StatusView): string[] {
  const paint = createColors(view.color);
  const rows: Row[] = [
    ...headRows(status, view),
    ...stateRows(status, view),
    ...verdictRows(status),
    ...serverRows(status),
    ...activityRows(status),
    ...journalRows(status, view),
    ...endRows(status, view),
  ];
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, text]) => `${paint.dim(label.padEnd(width))}${colored(paint, label, text, status)}`);
}

type Paint = ReturnType<typeof createColors>;

function colored(paint: Paint, label: string, text: string, { outcome, period }: Status): string {
  if (label === 'stale') return paint.yellow(text);
  if (label === 'failed' || label === 'stopped') return paint.red(text);
  if (label === 'outcome') return isGood(outcome) ? paint.green(text) : paint.red(text);
  if (label === 'period' && period !== 'normal') return period === 'gray' ? paint.cyan(text) : paint.red(text);
  return text;
}

function headRows(status: Status, { nowMs }: StatusView): Row[] {
  const { mode, by, reason, startedAtMs, stale, digest } = status;
  return [
    ...(stale === undefined ? [] : [['stale', stale] as const]),
    ['release', mode === 'rollback' ? goalText(status) : `${goalText(status)} (${short(digest)})`],
    ['asked by', `${by}${reason === '' ? '' : `: ${reason}`}, ${duration(nowMs - startedAtMs)} ago`],
  ];
}

const short = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

function stateRows(status: Status, { nowMs }: StatusView): Row[] {
  const { phase, period, stage, outcome, shareBp, loads, paused, stop, failure, held, waiting, rehearsed } = status;
  const where = stage === null ? phase : `${phase}, ${stageText(stage, nowMs)}`;
  return [
    ...(outcome === null ? [] : [['outcome', outcome] as const]),
    ['phase', paused === null ? where : `${where}, paused by ${paused.by}`],
    ['period', `${period}, ${percentOf(shareBp)} on gray, load ${load(loads.gray)} gray, ${load(loads.stable)} stable`],
    ...(rehearsed === undefined ? [] : [['rehearsal', rehearsedText(rehearsed)] as const]),
    ...(failure === null ? [] : [['failed', `${failure}${held ? ' (held)' : ''}`] as const]),
    ...(stop === null ? [] : [['stopped', `by ${stop.by}${stop.reason === '' ? '' : `: ${stop.reason}`}`] as const]),
    ...(waiting === null
      ? []
      : [
          ['waiting', `for ${waiting.what} until ${clockTime(waiting.deadlineMs)}, then ${waiting.otherwise}`] as const,
        ]),
  ];
}

/** Infinity travels as null in JSON. */
const load = (value: number | null): string => (value === null || !Number.isFinite(value) ? '∞' : value.toFixed(2));

function stageText({ number, of, shareBp, segments, clock }: StageStatus, nowMs: number): string {
  const held = clock === null ? '' : `, held ${duration(heldMs(clock, nowMs))} of ${duration(clock.holdMs)}`;
  const stopped = clock !== null && clock.sinceMs === null ? ' (clock stopped)' : '';
  return `stage ${number} of ${of} at ${stageShare(shareBp, segments)}${held}${stopped}`;
}

function verdictRows({ verdict }: Status): Row[] {
  if (verdict === null) return [];
  return labelled('verdict', [`${verdict.kind}: ${verdict.reason}`, ...columns(verdict.evidence.map(evidenceRow))]);
}

const evidenceRow = ({ metric, kind, gray, stable, evidence }: MetricEvidence): string[] => [
  metric,
  kind,
  `gray ${gray.bad}/${gray.total}`,
  `stable ${stable.bad}/${stable.total}`,
  evidence === undefined ? '' : evidenceText(evidence),
];

function serverRows({ servers }: Status): Row[] {
  return labelled('servers', columns(servers.map(serverRow)));
}

const serverRow = (server: ServerStatus): string[] => [
  server.id,
  server.arm,
  server.running?.version ?? 'unknown',
  server.up ? 'up' : 'not up',
  remarks(server).join('; '),
];

/** Open sessions matter where users shall leave. */
const remarks = ({ arm, openSessions, excluded, problem }: ServerStatus): string[] => [
  ...(arm !== 'stable' && openSessions > 0 ? [`${openSessions} open sessions`] : []),
  ...(excluded === null ? [] : [`excluded by ${excluded.by}`]),
  ...(problem === null ? [] : [problem]),
];

function activityRows({ activities = [] }: Status): Row[] {
  const lines = activities.map(({ name, attempt, lastFailure, progress }) =>
    [
      `${name}${steps(progress)}`,
      ...(attempt > 1 ? [`attempt ${attempt}`] : []),
      ...(lastFailure === undefined ? [] : [`before: ${lastFailure}`]),
    ].join(', '),
  );
  return labelled('running', lines);
}

/** A deploy tells how far each of its servers is. */
function steps(progress: unknown): string {
  if (typeof progress !== 'object' || progress === null || !('servers' in progress)) return '';
  const entries = Object.entries(progress.servers ?? {}).map(([id, step]) => `${id} ${step}`);
  return entries.length === 0 ? '' : `: ${entries.join(', ')}`;
}

function journalRows({ journal }: Status, { journal: count = 5 }: StatusView): Row[] {
  const shown = count === 0 ? [] : journal.slice(-count);
  return labelled(
    'journal',
    shown.map(({ atMs, text, by }) => `${clockTime(atMs)}  ${text}${by === undefined ? '' : ` (${by})`}`),
  );
}

function endRows({ target, may, gate, mayExclude }: Status, { link }: StatusView): Row[] {
  const lines = may.map((command) => {
    if (command === 'approve') return `gray approve ${target} ${gate?.stage ?? '<stage>'}`;
    if (command === 'exclude') return `gray exclude ${target} ${mayExclude[0] ?? '<server>'}`;
    return `gray ${command} ${target}`;
  });
  return [...labelled('you may', lines), ...(link === null ? [] : [['link', link] as const])];
}

const labelled = (label: string, lines: readonly string[]): Row[] =>
  lines.map((line, index) => [index === 0 ? label : '', line]);
