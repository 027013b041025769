/** Builds onto servers that are out of rotation, and what was read back into the state. */
import type { DeployItem, ServerResult } from '../activities/orders.ts';
import type { Artifact } from '../src/domain/artifact.ts';
import { withServer } from '../src/domain/state.ts';
import { seenFence } from './interruption.ts';
import { notGivenUp } from './persistence.ts';
import { deploys } from './proxies.ts';
import type { Run } from './run.ts';

/** Returns one sentence per server that failed. */
export async function deployBuilds(
  run: Run,
  summary: string,
  ids: readonly string[],
  goal: 'new' | 'base',
): Promise<string[]> {
  for (;;) {
    try {
      return await deployOnce(run, summary, ids, goal);
    } catch (error) {
      run.update({ fence: Math.max(run.state.fence, seenFence(error) ?? 0) });
      if (run.state.phase !== 'rollback') throw error;
      await notGivenUp(run, error);
    }
  }
}

async function deployOnce(run: Run, summary: string, ids: readonly string[], goal: 'new' | 'base'): Promise<string[]> {
  const { target, version, deployer, deployment, exception, verify } = run.spec;
  const order = {
    ...{ target, version, deployer, release: run.release, fence: run.state.fence },
    items: ids.flatMap((id) => itemOf(run, id, goal)),
    parallel: run.state.phase === 'rollback' ? (exception.parallel ?? deployment.parallel) : deployment.parallel,
    attempts: deployment.attempts,
    // In deployment the checks are a phase of their own; a base version passed its checks long ago.
    checks: goal === 'new' && run.state.phase === 'leveling' ? verify.deployment : [],
  };
  const call = run.state.phase === 'rollback' ? deploys.back : deploys.forward;
  const results = await call.executeWithOptions({ summary: `${summary}: ${ids.join(', ')}` }, [order]);
  return results.flatMap((result) => record(run, result, goal));
}

function itemOf({ spec, state }: Run, id: string, goal: 'new' | 'base'): DeployItem[] {
  const server = spec.servers.find((one) => one.id === id);
  const base: Artifact | undefined = state.servers[id]?.base;
  if (server === undefined || base === undefined) return [];
  return [
    goal === 'new'
      ? { server, artifact: spec.artifact, recordBase: true }
      : { server, artifact: base, recordBase: false },
  ];
}

function record(run: Run, { server, ok, running, problem }: ServerResult, goal: 'new' | 'base'): string[] {
  const build = ok ? goal : 'unknown';
  run.update(withServer(run.state, server, { build, running, up: ok, problem: ok ? null : (problem ?? 'failed') }));
  if (ok) return [];
  run.note(`${server}: ${problem ?? 'failed'}`);
  return [`${server}: ${problem ?? 'failed'}`];
}
