/** The demo's servers: installed on the base version, and asked in the end what they run. */

import { createDeployer } from '../../src/adapters/deployer/index.ts';
import { isUnreachable, readVersion } from '../../src/adapters/version-probe.ts';
import type { Artifact } from '../../src/domain/artifact.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import type { ServerProof } from '../result.ts';

/** Below every fence of a release. */
export async function installServers(spec: ReleaseSpec, base: Artifact): Promise<void> {
  const deployer = createDeployer(spec.deployer, spec);
  const order = { artifact: base, release: 'install', fence: 0, recordBase: false };
  await Promise.all(spec.servers.map((server) => deployer.deploy({ ...order, server })));
}

/** As each running process itself says. */
export const askServers = (spec: ReleaseSpec): Promise<ServerProof[]> =>
  Promise.all(
    spec.servers.map(async (server) => {
      const answer = await readVersion(server, spec.version, { timeoutMs: 2_000 });
      return { id: server.id, ...(isUnreachable(answer) ? { version: null, digest: null } : answer) };
    }),
  );
