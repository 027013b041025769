/** Servers in folders of this machine, reached through a real sshd; a stand-in supervisor runs them, as systemd would. */
import { chmod, copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sshDeployer } from '../../../src/adapters/deployer/ssh.ts';
import type { SshDeployerSpec } from '../../../src/domain/spec.ts';
import { Sshd, type SshdOrder } from '../../support/ssh/sshd.ts';
import type { DeployerHarness } from './contract.ts';
import { context, realServers } from './harnesses.ts';

export interface SshHarness extends DeployerHarness {
  readonly spec: SshDeployerSpec;
  readonly sshd: Sshd;
  readonly dir: string;
}

const standIn = fileURLToPath(new URL('../../support/ssh/stand-in-supervisor.sh', import.meta.url));

export const startWords = [
  process.execPath,
  'server.mjs',
  '--host',
  '{host}',
  '--port',
  '{port}',
  '--server',
  '{server}',
];

export async function sshHarness(order: SshdOrder & { readonly archive?: boolean } = {}): Promise<SshHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-over-ssh-'));
  const sshd = await Sshd.start(order);
  const supervisor = join(dir, 'stand-in-supervisor.sh');
  await copyFile(standIn, supervisor);
  await chmod(supervisor, 0o755);
  const home = join(dir, 'servers', '{server}');
  const spec: SshDeployerSpec = {
    ...{ kind: 'ssh', ...sshd.login, hostKeys: 'known', dir: home, keep: 5, sessions: 8 },
    service: {
      restart: [supervisor, 'restart', home, ...startWords],
      pid: [supervisor, 'pid', home],
      log: [supervisor, 'log', home],
    },
    ...{ connectMs: 5_000, stepMs: 20_000, readyMs: 10_000 },
  };
  const deployer = sshDeployer(spec, context);
  const real = realServers({ dir, deployer, archive: order.archive === true, mark: 'GRAY_SERVER_HOME' });
  return {
    ...{ ...real, spec, sshd, dir },
    writers: {},
    dispose: async () => {
      await real.dispose();
      await sshd.end();
    },
  };
}
