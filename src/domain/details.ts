/** The status as a page for the Web UI: plain Markdown lists, since tables are not rendered everywhere. */
import { evidenceText } from './evidence.ts';
import { percentOf, stageShare } from './percent.ts';
import { rehearsedText } from './rehearsal.ts';
import type { ServerStatus, Status } from './status.ts';

export function detailsOf(status: Status): string {
  return [
    `# ${headline(status)}`,
    ...section('Now', nowLines(status)),
    ...section('You may', mayLines(status)),
    ...section('Servers', status.servers.map(serverLine)),
    ...section('Evidence', evidenceLines(status)),
    ...section('Journal', journalLines(status)),
  ].join('\n');
}

function headline({ target, version, mode, outcome, phase, shareBp }: Status): string {
  return `${target} ${mode === 'rehearsal' ? 'rehearsal of ' : ''}${version}: ${outcome ?? phase}, ${percentOf(shareBp)} on gray`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, ...lines.map((line) => `- ${line}`)];

function nowLines(status: Status): string[] {
  const { stage, waiting, paused, rehearsed, failure, held, period, stop } = status;
  return [
    `period ${period}`,
    stage === null ? '' : `stage ${stage.number} of ${stage.of}: ${stageShare(stage.shareBp, stage.segments)}`,
    waiting === null ? '' : `waiting for ${waiting.what} until ${time(waiting.deadlineMs)}, then: ${waiting.otherwise}`,
    paused === null ? '' : `paused by ${paused.by}: ${paused.reason}`,
    stop === null ? '' : `stopped by ${stop.by}: ${stop.reason}`,
    rehearsed === undefined ? '' : rehearsedText(rehearsed),
    failure === null ? '' : `failed: ${failure}${held ? ' (held)' : ''}`,
  ].filter((line) => line !== '');
}

const mayLines = ({ may, gate, mayExclude }: Status): string[] =>
  may.map((command) => {
    if (command === 'approve') return `approve {"stage":${JSON.stringify(gate?.stage)},"by":"you","reason":"why"}`;
    if (command === 'exclude') return `exclude {"server":${JSON.stringify(mayExclude[0])},"by":"you","reason":"why"}`;
    return `${command} {"by":"you","reason":"why"}`;
  });

function serverLine({ id, arm, running, up, excluded, problem }: ServerStatus): string {
  const marks = [up ? '' : 'not up', excluded === null ? '' : `excluded by ${excluded.by}`, problem ?? ''].filter(
    (mark) => mark !== '',
  );
  return `${id}: ${arm}, ${running?.version ?? 'unknown version'}${marks.length > 0 ? ` (${marks.join('; ')})` : ''}`;
}

function evidenceLines({ verdict }: Status): string[] {
  if (verdict === null) return [];
  return [
    `${verdict.kind}: ${verdict.reason}`,
    ...verdict.evidence.flatMap(({ metric, kind, reason, evidence }) => [
      `${metric}: ${kind}, ${reason}`,
      ...(evidence === undefined ? [] : [`${metric}: ${evidenceText(evidence)}`]),
    ]),
  ];
}

/** The newest first; the whole journal is in the status. */
const journalLines = ({ journal }: Status): string[] =>
  journal
    .slice(-journalLength)
    .reverse()
    .map(({ atMs, text, by }) => `${time(atMs)} ${text}${by === undefined ? '' : ` (${by})`}`);

const journalLength = 15;

const time = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
