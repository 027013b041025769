/**
 * Deploys with the user's own program, run once per call: request as JSON on standard input and as GRAY_* variables, answer
 * as JSON on standard output, progress as lines on standard error. The program keeps the fence and the base where the server is;
 * what runs is asked of the server itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { sameBuild } from '../../domain/artifact.ts';
import type { ServerSpec } from '../../domain/server.ts';
import type { CommandDeployerSpec } from '../../domain/spec.ts';
import { isUnreachable, readVersion } from '../version-probe.ts';
import { availableAnswer, deployAnswer, readAnswer } from './command-answers.ts';
import { askProgram } from './command-run.ts';
import { deployFailed, versionMismatch } from './faults.ts';
import type { Deployer, DeployerContext, DeployOrder } from './port.ts';

const probeMs = 2_000;
/** The program says when the server is ready; this is only for a port that opens a moment later. */
const graceMs = 2_000;

export function commandDeployer(spec: CommandDeployerSpec, context: DeployerContext): Deployer {
  const requestOf = (operation: string, server: ServerSpec, rest: object) => ({
    spec,
    server: server.id,
    request: { operation, target: context.target, version: context.version, server, ...rest },
    variables: variablesOf({ operation, target: context.target, ...addressOf(server), ...flat(rest) }),
  });
  return {
    read: async (server) => {
      const known = await askProgram({ ...requestOf('read', server, {}), answer: readAnswer });
      const answer = await readVersion(server, context.version, { timeoutMs: probeMs });
      const running = isUnreachable(answer) ? { running: null, reason: answer.unreachable } : { running: answer };
      return { ...running, ...known };
    },
    deploy: async ({ progress, signal, server, ...order }) => {
      await askProgram({ ...requestOf('deploy', server, order), answer: deployAnswer, progress, signal });
      return readBack(context, { server, signal, artifact: order.artifact });
    },
    available: (artifact, server) =>
      askProgram({ ...requestOf('available', server, { artifact }), answer: availableAnswer }),
  };
}

type ReadBack = Pick<DeployOrder, 'server' | 'artifact'> & { readonly signal: AbortSignal | undefined };

async function readBack(context: DeployerContext, { server, artifact, signal }: ReadBack): Promise<RunningVersion> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    const answer = await readVersion(server, context.version, { timeoutMs: probeMs, signal });
    if (!isUnreachable(answer)) {
      if (sameBuild(answer, artifact)) return answer;
      throw versionMismatch(server.id, artifact, answer);
    }
    if (performance.now() > deadline) throw deployFailed(server.id, artifact, answer.unreachable);
    await sleep(100);
  }
}

const addressOf = ({ id, address }: ServerSpec) => ({ server: id, host: address.host, port: address.port });

const flat = (rest: { readonly artifact?: Artifact }) => ({ ...rest, ...rest.artifact, artifact: undefined });

/** `recordBase: true` becomes `GRAY_RECORD_BASE=true`. */
function variablesOf(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const scalars = Object.entries(facts).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(scalars.map(([name, value]) => [variableName(name), String(value)]));
}

const variableName = (name: string): string => `GRAY_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
