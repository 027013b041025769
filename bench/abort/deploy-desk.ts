/**
 * The memory deployer over HTTP: the servers live in the benchmark's process and outlive every worker, which deploys
 * to them by calls to one desk.
 */
import type { IncomingMessage, Server } from 'node:http';
import { memoryDeployer } from '../../src/adapters/deployer/memory.ts';
import type { Deployer, DeployerContext, DeployOrder } from '../../src/adapters/deployer/port.ts';
import type { Artifact } from '../../src/domain/artifact.ts';
import { type ErrorCode, GrayError } from '../../src/domain/errors.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import { listen } from './servers.ts';

type Call = { readonly context: DeployerContext } & (
  | { readonly method: 'read'; readonly server: ServerSpec }
  | { readonly method: 'deploy'; readonly order: DeployOrder }
  | { readonly method: 'available'; readonly artifact: Artifact; readonly server: ServerSpec }
);

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: GrayError['details'];
}

/** The benchmark's side, on a free loopback port. */
export const openDesk = (): Promise<Server> =>
  listen(0, (request, response) => {
    readCall(request)
      .then(carryOut)
      .then(
        (answer) => response.end(JSON.stringify(answer)),
        (error: unknown) => response.writeHead(500).end(JSON.stringify(refusalOf(error))),
      );
  });

async function readCall(request: IncomingMessage): Promise<Call> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

function carryOut(call: Call): Promise<unknown> {
  const deployer = memoryDeployer({ kind: 'memory' }, call.context);
  if (call.method === 'read') return deployer.read(call.server);
  if (call.method === 'deploy') return deployer.deploy(call.order);
  return deployer.available(call.artifact, call.server);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof GrayError) return { code: error.code, message: error.message, details: error.details };
  return { code: 'deployFailed', message: String(error), details: {} };
}

/** The worker's side. */
export function deskDeployer(url: string, { target, version }: DeployerContext): Deployer {
  const context = { target, version };
  const ask = async (call: Call, signal?: AbortSignal) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(call), signal: signal ?? null });
    const answer = JSON.parse(await response.text());
    if (response.ok) return answer;
    const { code, message, details }: Refusal = answer;
    throw new GrayError(code, message, { details });
  };
  return {
    read: (server) => ask({ method: 'read', context, server }),
    deploy: ({ signal, progress: _, ...order }) => ask({ method: 'deploy', context, order }, signal),
    available: (artifact, server) => ask({ method: 'available', context, artifact, server }),
  };
}
