/** What the demo shows at one moment: the status of the release beside what the users see. */
import type { Outcome, Phase } from '../../src/domain/phases.ts';
import type { Status } from '../../src/domain/status.ts';
import type { LoadStats } from '../load/start.ts';
import { phaseWords } from './words.ts';

export interface Scene {
  readonly scenario: string;
  readonly target: string;
  readonly base: string;
  readonly version: string;
  readonly elapsedMs: number;
  readonly link: string | null;
  /** Null until the release runs. */
  readonly release: ReleaseScene | null;
  readonly load: LoadScene;
  /** What the demo itself does to the release: a killed worker, a fault switched on. Newest last. */
  readonly events: readonly string[];
}

export interface ReleaseScene {
  readonly phase: Phase;
  readonly outcome: Outcome | null;
  /** The gray pool was called the stable one: all users are where they were, and there is no share any more. */
  readonly committed: boolean;
  readonly shareBp: number;
  readonly stage: { readonly number: number; readonly of: number } | null;
  readonly verdict: { readonly kind: string; readonly reason: string } | null;
  readonly waiting: string | null;
  readonly failure: string | null;
  /** What happened so far, oldest first, in the release's own words. */
  readonly journal: readonly string[];
  readonly servers: readonly ServerScene[];
}

export interface ServerScene {
  readonly id: string;
  readonly version: string | null;
  readonly arm: 'gray' | 'stable' | 'out';
  readonly up: boolean;
  readonly problem: string | null;
}

export interface LoadScene {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Part of the identified users' answers in the last second that came from the new version; null without any. */
  readonly measured: number | null;
  readonly servers: Readonly<Record<string, number>>;
}

export const releaseScene = (status: Status): ReleaseScene => ({
  phase: status.phase,
  outcome: status.outcome,
  committed: status.period === 'normal' && (status.phase === 'watch' || status.outcome === 'completed'),
  shareBp: status.shareBp,
  stage: status.stage === null ? null : { number: status.stage.number, of: status.stage.of },
  verdict: status.verdict === null ? null : { kind: status.verdict.kind, reason: status.verdict.reason },
  waiting: status.waiting?.what ?? null,
  failure: status.failure,
  journal: status.journal.map(({ text }) => phaseWords(text)),
  servers: status.servers.map((server) => ({
    id: server.id,
    version: server.running?.version ?? null,
    arm: server.arm,
    up: server.up,
    problem: server.problem,
  })),
});

export function loadScene({ last, ...counts }: LoadStats, version: string): LoadScene {
  const { sent, answered, lost, errors } = counts;
  return {
    ...{ sent, answered, lost, errors },
    perSecond: last?.answered ?? 0,
    p99Ms: last?.latency.p99Ms ?? 0,
    measured: last === null ? null : partOn(version, last.users),
    servers: last?.servers ?? {},
  };
}

/** Part of the counts that belongs to `version`; null when there are none. */
export function partOn(version: string, counts: Readonly<Record<string, number>>): number | null {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return all === 0 ? null : (counts[version] ?? 0) / all;
}
