/** Puts builds on servers, several at a time, and reads back what runs. */
import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import pRetry from 'p-retry';
import type { Deployer } from '../src/adapters/deployer/port.ts';
import type { RunningVersion } from '../src/domain/artifact.ts';
import { GrayError } from '../src/domain/errors.ts';
import type { ServerSpec } from '../src/domain/server.ts';
import { beating } from './beating.ts';
import { runChecks } from './checks.ts';
import type { Adapters } from './deps.ts';
import type { DeployItem, DeployOrder, ReadServersOrder, ServerProof, ServerResult } from './orders.ts';

/** One result per item; a server that fails is a result, not an error. A stale fence ends the whole order. */
export const deploy =
  (adapters: Adapters) =>
  async (order: DeployOrder): Promise<ServerResult[]> => {
    const deployer = adapters.deployer(order.deployer, order);
    const steps: Record<string, string> = {};
    return beating(
      () => ({ servers: steps }),
      () =>
        pMap(
          order.items,
          (item) => deployOne(adapters, deployer, order, item, (step) => (steps[item.server.id] = step)),
          {
            concurrency: order.parallel,
          },
        ),
    );
  };

async function deployOne(
  adapters: Adapters,
  deployer: Deployer,
  order: DeployOrder,
  item: DeployItem,
  progress: (step: string) => void,
): Promise<ServerResult> {
  const server = item.server.id;
  try {
    const running = await withAttempts(order.attempts, () => converge(deployer, order, item, progress));
    const place = {
      at: 'server',
      server: item.server,
      target: order.target,
      version: order.version,
      expected: running,
    } as const;
    progress('checks');
    const checks = await runChecks(adapters.check, order.checks, place);
    progress(checks.ok ? 'done' : 'checks failed');
    return { server, running, ok: checks.ok, ...(!checks.ok && { problem: checks.problems.join('; ') }) };
  } catch (error) {
    if (!(error instanceof GrayError) || error.code === 'staleFence') throw error;
    progress(`failed: ${error.message}`);
    return { server, ok: false, running: null, problem: error.message };
  }
}

function converge(
  deployer: Deployer,
  order: DeployOrder,
  item: DeployItem,
  progress: (step: string) => void,
): Promise<RunningVersion> {
  const { release, fence } = order;
  return deployer.deploy({ ...item, release, fence, signal: cancellationSignal(), progress });
}

function withAttempts<Result>(attempts: number, run: () => Promise<Result>): Promise<Result> {
  return pRetry(run, {
    retries: attempts - 1,
    minTimeout: 500,
    maxTimeout: 5_000,
    signal: cancellationSignal(),
    shouldRetry: (error) => error instanceof GrayError && error.transient,
  });
}

/** The proof that ends leveling: what every server itself says it runs. */
export const readServers =
  (adapters: Adapters) =>
  async (order: ReadServersOrder): Promise<ServerProof[]> => {
    const deployer = adapters.deployer(order.deployer, order);
    const read = async (server: ServerSpec): Promise<ServerProof> => {
      const { running, reason } = await deployer.read(server);
      return { server: server.id, running, ...(reason !== undefined && { reason }) };
    };
    return beating(undefined, () => pMap(order.servers, read));
  };
