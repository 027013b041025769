/** Releases as a table, newest first. */
import type { RunFacts } from '../client.ts';
import { percentOf } from '../domain/percent.ts';
import { columns } from './columns.ts';
import { clockTime } from './time.ts';

export function renderList(runs: readonly RunFacts[]): string[] {
  if (runs.length === 0) return ['no release found'];
  const head = ['TARGET', 'VERSION', 'STATE', 'GRAY', 'STARTED', 'BY', 'REQUEST'];
  return columns([head, ...runs.map(row)]);
}

const row = ({
  target,
  version,
  mode,
  run,
  phase,
  outcome,
  shareBp,
  startedAtMs,
  by,
  requestId,
}: RunFacts): string[] => [
  target,
  mode === 'release' ? version : 'back to base',
  run === 'open' ? phase : (outcome ?? run),
  percentOf(shareBp),
  clockTime(startedAtMs),
  by,
  requestId,
];
