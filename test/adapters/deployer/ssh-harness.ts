/** Servers in folders of this machine, reached through a real sshd; a stand-in supervisor runs them, as systemd would. */
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeployOrder } from '../../../src/adapters/deployer/port.ts';
import { forgetConnections } from '../../../src/adapters/deployer/ssh/client.ts';
import { sshDeployer } from '../../../src/adapters/deployer/ssh.ts';
import type { SshDeployerSpec } from '../../../src/domain/spec.ts';
import { Sshd, type SshdOrder } from '../../support/ssh/sshd.ts';
import { StepTraps } from '../../support/ssh/step-traps.ts';
import { interruption, type TrapOrder } from '../../support/trap.ts';
import type { DeployerHarness } from './contract.ts';
import { context, realServers } from './harnesses.ts';

export interface SshHarness extends DeployerHarness {
  readonly spec: SshDeployerSpec;
  readonly sshd: Sshd;
  readonly dir: string;
}

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

export interface SshHarnessOrder extends SshdOrder {
  readonly archive?: boolean;
  /** Sessions look for programs in the harness's folder `programs` first. */
  readonly ownPrograms?: boolean;
}

export async function sshHarness(order: SshHarnessOrder = {}): Promise<SshHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-over-ssh-'));
  await mkdir(join(dir, 'programs'));
  const sshd = await Sshd.start({ ...order, ...(order.ownPrograms === true && { programs: join(dir, 'programs') }) });
  const supervisor = await standIn(dir);
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
      forgetConnections();
    },
  };
}

/** Its own copy: the checkout may stand where another user cannot look. */
async function standIn(dir: string): Promise<string> {
  const copy = join(dir, 'stand-in-supervisor.sh');
  await copyFile(fileURLToPath(new URL('../../support/ssh/stand-in-supervisor.sh', import.meta.url)), copy);
  await chmod(copy, 0o755);
  return copy;
}

/** `session`: what runs on the server, killed or frozen right before a change. `worker`: its sessions never begin, or late. */
export async function interruptibleSshHarness(): Promise<SshHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'gray-traps-'));
  const names = ['ln', 'mv', 'rm', 'tar'];
  const real = {
    ...Object.fromEntries(names.map((name) => [name, `/bin/${name}`])),
    restart: join(folder, 'restart.sh'),
  };
  const session = await StepTraps.set(join(folder, 'session'), real, true);
  const worker = await StepTraps.set(join(folder, 'worker'), { ssh: '/usr/bin/ssh' }, false);
  const harness = await sshHarness({ programs: session.programs });
  await copyFile(join(harness.dir, 'stand-in-supervisor.sh'), real.restart);
  const { PATH = '' } = process.env;
  process.env.PATH = `${worker.programs}:${PATH}`;
  const deployer = sshDeployer(withRestart(harness.spec, 'restart'), context);
  const interrupted = (traps: StepTraps) => async (order: DeployOrder, trap: Omit<TrapOrder, 'script'>) =>
    interruption(traps.arm(order.server.id, trap), deployer.deploy(order));
  return {
    ...{ ...harness, deployer, writers: { session: interrupted(session), worker: interrupted(worker) } },
    server: async () => {
      const server = await harness.server();
      return { ...server, deploy: { host: `${server.id}.test` } };
    },
    dispose: async () => {
      process.env.PATH = PATH;
      await harness.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function withRestart(spec: SshDeployerSpec, program: string): SshDeployerSpec {
  if (!('restart' in spec.service)) throw new Error('the harness restarts by a command');
  const [, ...words] = spec.service.restart;
  return { ...spec, service: { ...spec.service, restart: [program, ...words] } };
}
