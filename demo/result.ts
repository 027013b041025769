/** How a scenario ended beside how it had to end. */
import type { Outcome } from '../src/domain/phases.ts';
import type { LoadSecond, LoadSummary } from './load/tally.ts';
import { type ScenarioName, scenarioOf } from './scenarios.ts';
import { partOn } from './view/scene.ts';

export interface Result {
  readonly scenario: ScenarioName;
  readonly expected: Outcome;
  readonly actual: Outcome | null;
  readonly ok: boolean;
  /** Sentences; empty when `ok`. */
  readonly problems: readonly string[];
  /** From the start of the release to its end. */
  readonly tookMs: number;
  readonly link: string;
  readonly requests: Pick<LoadSummary, 'sent' | 'answered' | 'lost' | 'errors' | 'latency' | 'lostExamples'>;
  /** How often a user came back from the new version to the base version. */
  readonly movedBack: number;
  /** As the running processes themselves say. */
  readonly servers: readonly ServerProof[];
  /** Part of the identified users on the new version, one number a second; null where nobody asked. */
  readonly share: readonly (number | null)[];
}

export interface ServerProof {
  readonly id: string;
  readonly version: string | null;
  readonly digest: string | null;
}

export interface Played {
  readonly scenario: ScenarioName;
  readonly base: Build;
  readonly version: Build;
  readonly outcome: Outcome | null;
  readonly tookMs: number;
  readonly link: string;
  readonly load: LoadSummary;
  readonly seconds: readonly LoadSecond[];
  readonly servers: readonly ServerProof[];
}

interface Build {
  readonly version: string;
  readonly digest: string;
}

export function resultOf(played: Played): Result {
  const { scenario, load, outcome: actual, servers, tookMs, link } = played;
  const { sent, answered, lost, errors, latency, lostExamples } = load;
  const problems = problemsOf(played);
  return {
    ...{ scenario, expected: scenarioOf(scenario).expected, actual, ok: problems.length === 0, problems, tookMs, link },
    requests: { sent, answered, lost, errors, latency, lostExamples },
    movedBack: movedBack(played),
    servers,
    share: played.seconds.map(({ users }) => partOn(played.version.version, users)),
  };
}

function problemsOf(played: Played): string[] {
  const { scenario, outcome, load, servers } = played;
  const { expected, exception } = scenarioOf(scenario);
  const build = expected === 'completed' ? played.version : played.base;
  const wrong = servers.filter(({ version, digest }) => version !== build.version || digest !== build.digest);
  const onlyForward = expected === 'completed' && exception === undefined;
  return [
    ...(outcome === expected ? [] : [`the outcome is ${outcome}, expected ${expected}`]),
    ...(load.lost === 0 ? [] : [`${load.lost} of ${load.sent} requests were lost: ${load.lostExamples[0]?.why}`]),
    ...(load.sent === 0 ? ['no request was sent'] : []),
    ...wrong.map(({ id, version }) => `${id} runs ${version}, expected ${build.version} (${build.digest})`),
    ...(onlyForward && movedBack(played) > 0
      ? [`users moved back to the base version ${movedBack(played)} times`]
      : []),
  ];
}

const movedBack = ({ load, base, version }: Played): number => load.moves[`${version.version} > ${base.version}`] ?? 0;
