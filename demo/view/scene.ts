/** What the demo shows at one moment: the status of the release beside what the users see. */
import type { Outcome, Phase } from '../../src/domain/phases.ts';
import type { Status } from '../../src/domain/status.ts';
import type { LoadStats } from '../load/start.ts';

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
  readonly shareBp: number;
  readonly stage: { readonly number: number; readonly of: number } | null;
  readonly verdict: { readonly kind: string; readonly reason: string } | null;
  readonly waiting: string | null;
  readonly failure: string | null;
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
  shareBp: status.shareBp,
  stage: status.stage === null ? null : { number: status.stage.number, of: status.stage.of },
  verdict: status.verdict === null ? null : { kind: status.verdict.kind, reason: status.verdict.reason },
  waiting: status.waiting?.what ?? null,
  failure: status.failure,
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
