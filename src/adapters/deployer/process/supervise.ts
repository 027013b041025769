/** Server processes outside of any release: a first version, a start after a reboot, and the end of it all. */
import { resolve } from 'node:path';
import type { Artifact, RunningVersion } from '../../../domain/artifact.ts';
import { GrayError } from '../../../domain/errors.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { ProcessDeployerSpec } from '../../../domain/spec.ts';
import { namedEnvironment } from '../environment.ts';
import type { DeployerContext } from '../port.ts';
import { processDeployer } from '../process.ts';
import { claimServer, highestClaim } from './claims.ts';
import { openHome, type ServerHome } from './home.ts';
import { readCurrent, serverProcesses } from './records.ts';
import { emptyPlan, endOlderSwitches, runSwitch } from './switch.ts';

export interface ProcessSupervisor {
  /** Puts a first version on a server, records no base, and waits until it answers. A repeat changes nothing. */
  installServer(server: ServerSpec, artifact: Artifact): Promise<RunningVersion>;
  /** Starts what the server ran last. Throws `deployFailed` when nothing was ever installed. */
  startServer(server: ServerSpec): Promise<RunningVersion>;
  /** SIGTERM, then SIGKILL after `stopMs`; returns when no process of the server is left. */
  stopServer(server: ServerSpec): Promise<void>;
  /** Process ids of the server, its own children included. */
  serverPids(server: ServerSpec): Promise<readonly number[]>;
}

/** Uses the fence each server has seen, so that a running release is never fenced off by it. */
export function processSupervisor(spec: ProcessDeployerSpec, context: DeployerContext): ProcessSupervisor {
  const deployer = processDeployer(spec, context);
  const homeOf = (server: ServerSpec) => openHome(resolve(spec.dir), server.id);
  const installServer = async (server: ServerSpec, artifact: Artifact) => {
    const { fence } = await highestClaim(await homeOf(server));
    return deployer.deploy({ server, artifact, fence, release: 'supervisor', recordBase: false });
  };
  return {
    installServer,
    startServer: async (server) => {
      const current = await readCurrent(await homeOf(server));
      if (current === null) throw new GrayError('deployFailed', `${server.id}: no version was ever installed`);
      return installServer(server, current);
    },
    stopServer: async (server) => stopServer(spec, await homeOf(server)),
    serverPids: async (server) => (await serverProcesses(await homeOf(server))).map(({ pid }) => pid),
  };
}

async function stopServer(spec: ProcessDeployerSpec, home: ServerHome): Promise<void> {
  const claim = await claimServer(home, (await highestClaim(home)).fence);
  await endOlderSwitches(home, claim);
  const stop = await serverProcesses(home);
  const plan = { ...emptyPlan, stop, stopMs: spec.stopMs };
  await runSwitch({ home, claim, plan, environment: namedEnvironment([]), progress: () => undefined });
}
