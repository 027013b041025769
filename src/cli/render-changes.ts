/** What changed between two looks at a release, as plain lines for logs and pipes. */
import { percentOf } from '../domain/percent.ts';
import { rehearsedText } from '../domain/rehearsal.ts';
import type { Status } from '../domain/status.ts';
import { clockTime } from './time.ts';

/** One line per thing that happened since `before`; everything in a few lines when there was nothing before. */
export function renderChanges(before: Status | null, now: Status): string[] {
  const lines = [...journalSince(before, now), ...changed(before, now)];
  return lines.map(({ atMs, text }) => `${clockTime(atMs)}  ${text}`);
}

interface Line {
  readonly atMs: number;
  readonly text: string;
}

function journalSince(before: Status | null, now: Status): Line[] {
  const seen = new Set((before?.journal ?? []).map(({ atMs, text }) => `${atMs} ${text}`));
  return now.journal.flatMap(({ atMs, text, by }) =>
    seen.has(`${atMs} ${text}`) ? [] : [{ atMs, text: by === undefined ? text : `${text} (${by})` }],
  );
}

type Fact = (status: Status) => string | null;

/** Facts whose change is news even where the journal has no line for them. */
const facts: readonly Fact[] = [
  ({ stale }) => stale ?? null,
  ({ shareBp, period }) => `${percentOf(shareBp)} on gray, period ${period}`,
  ({ stage }) => (stage === null ? null : `stage ${stage.number} of ${stage.of}`),
  ({ failure }) => (failure === null ? null : `failed: ${failure}`),
  verdictOf,
  ({ waiting }) => (waiting === null ? null : `waiting for ${waiting.what}, then ${waiting.otherwise}`),
  ({ servers }) => versions(servers),
  ({ rehearsed }) => (rehearsed?.falseRollbacks ? rehearsedText(rehearsed) : null),
  ({ outcome }) => (outcome === null ? null : `outcome ${outcome}`),
];

function changed(before: Status | null, now: Status): Line[] {
  return facts.flatMap((fact) => {
    const text = fact(now);
    return text === null || (before !== null && newsOf(fact, before) === newsOf(fact, now))
      ? []
      : [{ atMs: now.updatedAtMs, text }];
  });
}

/** Counts grow all the time: only another verdict, or one about another metric, is news. */
function verdictOf({ verdict }: Status): string | null {
  return verdict === null ? null : `verdict ${verdict.kind}: ${verdict.reason}`;
}

const newsOf = (fact: Fact, status: Status): string | null =>
  fact === verdictOf && status.verdict !== null
    ? `${status.verdict.kind} ${status.verdict.metric ?? ''}`
    : fact(status);

/** `1.4.1 on pay-2, pay-3; 1.4.2 on pay-1` */
function versions(servers: Status['servers']): string | null {
  const byVersion = new Map<string, string[]>();
  for (const { id, running } of servers) {
    const version = running?.version ?? 'unknown version';
    byVersion.set(version, [...(byVersion.get(version) ?? []), id]);
  }
  const parts = [...byVersion].map(([version, ids]) => `${version} on ${ids.join(', ')}`);
  return parts.length === 0 ? null : parts.join('; ');
}
