/** Releases as a table, newest first. */
import type { RunFacts } from '../client.ts';
import { percentOf } from '../domain/percent.ts';
import { falseRollbackRate } from '../domain/rehearsal-rate.ts';
import { columns } from './columns.ts';
import { clockTime } from './time.ts';

export function renderList(runs: readonly RunFacts[]): string[] {
  if (runs.length === 0) return ['no release found'];
  const head = ['TARGET', 'VERSION', 'STATE', 'GRAY', 'STARTED', 'BY', 'REQUEST'];
  return [...columns([head, ...runs.map(row)]), ...rehearsals(runs)];
}

function row({ target, shareBp, startedAtMs, by, requestId, ...run }: RunFacts): string[] {
  return [target, versionText(run), stateText(run), percentOf(shareBp), clockTime(startedAtMs), by, requestId];
}

type Rest = Pick<RunFacts, 'version' | 'mode' | 'run' | 'phase' | 'outcome' | 'falseRollbacks'>;

function versionText({ mode, version }: Rest): string {
  if (mode === 'rollback') return 'back to base';
  return mode === 'rehearsal' ? `${version} rehearsed` : version;
}

function stateText({ run, phase, outcome, falseRollbacks }: Rest): string {
  if (run === 'open') return phase;
  const ended = outcome ?? run;
  return falseRollbacks === undefined ? ended : `${ended}, ${falseRollbacks} false rollbacks`;
}

/** A rehearsal that broke off early was no whole trial, unless the judge had failed by then. */
function rehearsals(runs: readonly RunFacts[]): string[] {
  const counts = runs.flatMap(({ outcome, falseRollbacks = 0, mode }) =>
    mode === 'rehearsal' && (outcome === 'rehearsed' || falseRollbacks > 0) ? [falseRollbacks] : [],
  );
  if (counts.length === 0) return [];
  const { rehearsals: all, withFalseRollback, atMost } = falseRollbackRate(counts);
  const rate = `${percentText(withFalseRollback / all)}, at most ${percentText(atMost)} with 95 % confidence`;
  return ['', `${withFalseRollback} of ${all} rehearsals would have been rolled back: ${rate}`];
}

const percentText = (part: number): string => `${Number((part * 100).toFixed(1))} %`;
