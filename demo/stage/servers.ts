/** The demo's servers: installed on the base version, and asked in the end what they run. */

import { processSupervisor } from '../../src/adapters/deployer/process/supervise.ts';
import { isUnreachable, readVersion } from '../../src/adapters/version-probe.ts';
import type { Artifact } from '../../src/domain/artifact.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import type { ServerProof } from '../result.ts';

export async function installServers(spec: ReleaseSpec, base: Artifact): Promise<void> {
  if (spec.deployer.kind !== 'process') throw new Error('the demo deploys processes');
  const supervisor = processSupervisor(spec.deployer, spec);
  await Promise.all(spec.servers.map((server) => supervisor.installServer(server, base)));
}

/** As each running process itself says. */
export const askServers = (spec: ReleaseSpec): Promise<ServerProof[]> =>
  Promise.all(
    spec.servers.map(async (server) => {
      const answer = await readVersion(server, spec.version, { timeoutMs: 2_000 });
      return { id: server.id, ...(isUnreachable(answer) ? { version: null, digest: null } : answer) };
    }),
  );
