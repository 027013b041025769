/** Deploys to servers that exist only in this process. The shortest deployer that keeps the whole contract. */
import { once } from 'node:events';
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { sameBuild } from '../../domain/artifact.ts';
import { staleFence } from '../../domain/errors.ts';
import type { MemoryDeployerSpec } from '../../domain/spec.ts';
import { artifactMissing, deployFailed, versionMismatch } from './faults.ts';
import { type MemoryFleet, type MemoryServer, memoryFleet } from './memory-fleet.ts';
import type { Deployer, DeployerContext, DeployOrder } from './port.ts';

export function memoryDeployer(_spec: MemoryDeployerSpec, { target }: DeployerContext): Deployer {
  const fleet = memoryFleet(target);
  return {
    read: async ({ id }) => {
      const { base, fence } = fleet.server(id);
      const running = fleet.running(id);
      const recorded = base?.artifact ? { artifact: base.artifact, release: base.release } : null;
      return { running, ...(running === null && { reason: 'the process is dead' }), base: recorded, fence };
    },
    deploy: (order) => deploy(fleet, order),
    available: async (artifact) => {
      const reason = missing(fleet, artifact);
      return reason === null ? { ok: true } : { ok: false, reason };
    },
  };
}

async function deploy(fleet: MemoryFleet, order: DeployOrder): Promise<RunningVersion> {
  const { artifact, fence } = order;
  const { id } = order.server;
  const server = fleet.server(id);
  order.signal?.throwIfAborted();
  claim(server, fence, id);
  const reason = missing(fleet, artifact);
  if (reason !== null) throw artifactMissing(artifact, reason);
  if (fleet.strike(id, 'fail', artifact.digest)) throw deployFailed(id, artifact, 'injected failure');
  if (fleet.strike(id, 'hang', artifact.digest)) await hang(fleet, order);
  claim(server, fence, id);
  recordBase(server, order);
  change(fleet, order);
  return readBack(fleet, order);
}

/** The fence is checked again after every wait: another order may have come meanwhile. */
function claim(server: MemoryServer, fence: number, id: string): void {
  if (fence < server.fence) throw staleFence(fence, server.fence, id);
  server.fence = fence;
}

function recordBase(server: MemoryServer, { recordBase, release, progress }: DeployOrder): void {
  if (!recordBase || server.base?.release === release) return;
  server.base = { release, artifact: server.current };
  progress?.('base recorded');
}

function change(fleet: MemoryFleet, { server: { id }, artifact, fence, progress }: DeployOrder): void {
  const server = fleet.server(id);
  const healthy = server.pid !== null && server.current !== null && sameBuild(server.current, artifact);
  if (healthy) return;
  server.current = artifact;
  server.changes.push({ artifact, fence });
  fleet.start(id);
  progress?.('started');
}

function readBack(fleet: MemoryFleet, { server: { id }, artifact }: DeployOrder): RunningVersion {
  if (fleet.strike(id, 'die', artifact.digest)) fleet.kill(id);
  if (fleet.strike(id, 'loseReply', artifact.digest)) throw deployFailed(id, artifact, 'the reply was lost');
  const running = fleet.running(id);
  if (running === null) throw deployFailed(id, artifact, 'the process ended before it was ready');
  if (!sameBuild(running, artifact)) throw versionMismatch(id, artifact, running);
  return running;
}

function missing(fleet: MemoryFleet, artifact: Artifact): string | null {
  return fleet.isLost(artifact.digest) ? 'the build is neither kept on the server nor at its source' : null;
}

async function hang(fleet: MemoryFleet, { server, signal }: DeployOrder): Promise<void> {
  const aborted = signal === undefined ? [] : [once(signal, 'abort')];
  await Promise.race([fleet.healed(server.id), ...aborted]);
  signal?.throwIfAborted();
}
