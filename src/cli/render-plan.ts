/** The plan as plain text, at most 100 columns wide. */
import { durationText } from '../domain/duration.ts';
import { percentOf, stageShare } from '../domain/percent.ts';
import type { Plan, PlannedServer, PlanStep } from '../domain/plan.ts';
import { table } from './table.ts';

/** `outlook` comes before the warnings. */
export function renderPlan(plan: Plan, outlook = ''): string {
  const parts = [
    `Release of ${plan.target} ${plan.version}\n${plan.digest}`,
    section('Servers', servers(plan.servers)),
    section('Steps', steps(plan.steps)),
    restTurns(plan.steps),
    fewest(plan.steps),
    section('Gates', gates(plan)),
    section('Undecided', undecided(plan)),
    section('Checks', checks(plan)),
    section('Settings', settings(plan)),
    `Duration\n${duration(plan)}`,
    outlook,
    section('Warnings', bullets(plan.warnings)),
    section('Refused', bullets(plan.problems.map(({ path, message }) => `${path}: ${message}`))),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const section = (title: string, text: string): string => (text === '' ? '' : `${title}\n${text}`);

function servers(planned: readonly PlannedServer[]): string {
  const rows = planned.map((server) => [
    server.id,
    server.address,
    server.zone ?? '-',
    String(server.weight),
    server.role,
    waveText(server.wave),
  ]);
  return table(['server', 'address', 'zone', 'weight', 'role', 'new version'], rows, [22, 28, 10, 8, 12, 14]);
}

const waveText = (wave: number | null): string =>
  wave === null ? 'never' : wave === 0 ? 'deployment' : `batch ${wave}`;

function steps(planned: readonly PlanStep[]): string {
  const rows = planned.map((step) => [
    step.label,
    stageShare(step.shareBp, step.segments),
    step.users === null ? '-' : String(step.users),
    step.rest,
    loadText(step.loads.gray),
    loadText(step.loads.stable),
    step.holdMs === null ? '-' : durationText(step.holdMs),
    step.abortShareBp === null ? '-' : percentOf(step.abortShareBp),
  ]);
  const head = ['step', 'share', 'users', 'rest', 'gray load', 'stable load', 'hold', 'abort to'];
  return table(head, rows, [20, 24, 13, 8, 12, 13, 10, 10]);
}

/** `!` marks a load above that of normal operation. */
function loadText(load: number): string {
  if (!Number.isFinite(load)) return 'no server !';
  return `${load.toFixed(2)}${load > 1.001 ? ' !' : ''}`;
}

function restTurns(planned: readonly PlanStep[]): string {
  const turn = planned.find((step) => step.rest === 'gray');
  return turn === undefined ? '' : `Requests without identity go to gray from ${turn.label} on.`;
}

function fewest(planned: readonly PlanStep[]): string {
  const [first, ...others] = planned;
  if (first === undefined) return '';
  const low = others.reduce((least, step) => (step.serving < least.serving ? step : least), first);
  return `Fewest servers serve in ${low.label}: ${low.serving}.`;
}

function gates({ gates: planned }: Plan): string {
  const rows = planned.map((gate) => [
    `after ${gate.after}`,
    `approval within ${durationText(gate.deadlineMs)}${gate.pointOfNoReturn ? '; no rollback after it' : ''}`,
    `else ${gate.otherwise}`,
  ]);
  return rows.length === 0 ? '' : table(['gate', 'needs', 'without it'], rows, [36, 44, 16]);
}

const undecided = ({ undecided: planned }: Plan): string =>
  table(
    ['stage', 'at the end of its hold without a verdict'],
    planned.map(({ stage, follows }) => [stage, follows]),
    [12, 84],
  );

function checks({ checks: planned }: Plan): string {
  const rows = planned.map(({ phase, name, repeat, expects }) => [
    phase === 'deploymentVerification' ? 'each gray server' : 'through the router',
    repeat === 1 ? name : `${name} (${repeat} times)`,
    expects,
  ]);
  return table(['where', 'check', 'expects'], rows, [20, 40, 36]);
}

const settings = ({ settings: planned }: Plan): string =>
  table(
    ['setting', 'value', ''],
    planned.map(({ path, value, usual }) => [path, value, usual ? 'default' : '']),
    [44, 42, 9],
  );

function duration({ duration: { shortestMs, longestMs, watchMs } }: Plan): string {
  return [
    `  ${durationText(shortestMs)} of holds and warm-ups until leveled, plus the changes of servers`,
    `  ${durationText(longestMs)} at most, without faults: every hold undecided, every gate and time limit used up`,
    `  ${durationText(watchMs)} of watch after that`,
  ].join('\n');
}

const bullets = (lines: readonly string[]): string =>
  lines.length === 0
    ? ''
    : table(
        [],
        lines.map((line) => ['-', line]),
        [3, 93],
      );
