/** What puts versions on a site's servers: real processes in one folder each, started by us or over a real sshd. */
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../../../demo/build-artifact.ts';
import { processSupervisor } from '../../../src/adapters/deployer/process/supervise.ts';
import { sshDeployer } from '../../../src/adapters/deployer/ssh.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { DeployerSpec, ProcessDeployerSpec, SshDeployerSpec } from '../../../src/domain/spec.ts';
import { Sshd } from '../ssh/sshd.ts';
import { version } from './release.ts';

export const deployerKinds = ['process', 'ssh'] as const;
export type DeployerKind = (typeof deployerKinds)[number];

export interface SiteDeployer {
  readonly spec: DeployerSpec;
  /** Puts the first version on a server. */
  install(server: ServerSpec, artifact: Artifact): Promise<unknown>;
  /** Starts what a server ran last, as an operator does. */
  revive(server: ServerSpec): Promise<unknown>;
  end(): Promise<void>;
}

export interface SiteDeployerOrder {
  readonly target: string;
  /** Holds one folder per server. */
  readonly serversDir: string;
}

const starts: Readonly<Record<DeployerKind, (order: SiteDeployerOrder) => Promise<SiteDeployer>>> = {
  process: startProcesses,
  ssh: startSsh,
};

export const startSiteDeployer = (kind: DeployerKind, order: SiteDeployerOrder): Promise<SiteDeployer> =>
  starts[kind](order);

const serverArgs = [...startServer, '--work-ms', '5'];

async function startProcesses({ target, serversDir }: SiteDeployerOrder): Promise<SiteDeployer> {
  const spec: ProcessDeployerSpec = {
    ...{ kind: 'process', dir: serversDir, env: [], stopMs: 3_000, readyMs: 15_000 },
    start: serverArgs,
  };
  const supervisor = processSupervisor(spec, { target, version });
  return {
    spec,
    install: (server, artifact) => supervisor.installServer(server, artifact),
    revive: (server) => supervisor.startServer(server),
    end: async () => undefined,
  };
}

/** Version and digest come in the environment, as a unit reads them from `current/env`. */
const named = ['host', 'port', 'server'].flatMap((name) => [`--${name}`, `{${name}}`]);
const serviceArgs = [process.execPath, 'server.mjs', ...named, '--work-ms', '5'];

const standIn = fileURLToPath(new URL('../ssh/stand-in-supervisor.sh', import.meta.url));

/** Servers that a stand-in for systemd runs. */
async function startSsh({ target, serversDir }: SiteDeployerOrder): Promise<SiteDeployer> {
  const supervisor = join(serversDir, '..', 'stand-in-supervisor.sh');
  await copyFile(standIn, supervisor);
  await chmod(supervisor, 0o755);
  const sshd = await Sshd.start();
  const dir = join(serversDir, '{server}');
  const service = {
    restart: [supervisor, 'restart', dir, ...serviceArgs],
    pid: [supervisor, 'pid', dir],
    log: [supervisor, 'log', dir],
  };
  const spec: SshDeployerSpec = {
    ...{ kind: 'ssh', ...sshd.login, hostKeys: 'known', dir, service, keep: 5, sessions: 8 },
    ...{ connectMs: 5_000, stepMs: 30_000, readyMs: 15_000 },
  };
  const deployer = sshDeployer(spec, { target, version });
  return {
    spec,
    install: (server, artifact) =>
      deployer.deploy({ server, artifact, fence: 0, release: 'supervisor', recordBase: false }),
    revive: () => Promise.reject(new Error('nobody revives a server over ssh here')),
    end: () => sshd.end(),
  };
}
