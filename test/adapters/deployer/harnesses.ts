/** The three deployers, each with what the contract needs to know and do around it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildArtifact, startServer } from '../../../demo/build-artifact.ts';
import { quietPorts } from '../../../demo/stage/ports.ts';
import { commandDeployer } from '../../../src/adapters/deployer/command.ts';
import { memoryDeployer } from '../../../src/adapters/deployer/memory.ts';
import { forgetMemoryFleet, type MemoryFault, memoryFleet } from '../../../src/adapters/deployer/memory-fleet.ts';
import type { Deployer, DeployerContext, DeployOrder } from '../../../src/adapters/deployer/port.ts';
import {
  isAlive,
  type ProcessId,
  processesMarked,
  serverMark,
} from '../../../src/adapters/deployer/process/processes.ts';
import { processDeployer } from '../../../src/adapters/deployer/process.ts';
import { askServer } from '../../../src/adapters/server-request.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { CommandDeployerSpec, ProcessDeployerSpec } from '../../../src/domain/spec.ts';
import { eventually, startTypeScript } from '../../support/processes.ts';
import { armHere, interruption, setTrap, type TrapOrder, trapVariables } from '../../support/trap.ts';
import type { DeployerHarness } from './contract.ts';

export const context: DeployerContext = {
  target: 'contract',
  version: { get: '/version', version: '$.version', digest: '$.digest' },
};

export async function memoryHarness(): Promise<DeployerHarness> {
  forgetMemoryFleet(context.target);
  const fleet = memoryFleet(context.target);
  const ids = serverNames();
  const seen: string[] = [];
  const injectAll = (fault: MemoryFault) => {
    for (const id of seen) fleet.inject(id, fault);
  };
  return {
    deployer: memoryDeployer({ kind: 'memory' }, context),
    server: async () => {
      const server = serverAt(ids(), 1);
      seen.push(server.id);
      return server;
    },
    build: async (version, fault) => {
      const artifact = { version, digest: `sha256:${fault ?? 'good'}-${version}`, source: `${version}.tgz` };
      if (fault === 'failStart') injectAll({ kind: 'die', digest: artifact.digest });
      if (fault === 'lie') injectAll({ kind: 'lie', digest: artifact.digest, version: '0.0.1' });
      return artifact;
    },
    lose: async ({ digest }) => fleet.lose(digest),
    forged: async (artifact) => {
      fleet.lose('sha256:forged');
      return { ...artifact, digest: 'sha256:forged' };
    },
    instance: async ({ id }) => fleet.server(id).pid?.toString() ?? null,
    kill: async ({ id }) => fleet.kill(id),
    writers: {},
    dispose: async () => forgetMemoryFleet(context.target),
  };
}

export async function processHarness(archive = false): Promise<DeployerHarness & { spec: ProcessDeployerSpec }> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-process-'));
  const spec: ProcessDeployerSpec = {
    kind: 'process',
    dir: join(dir, 'servers'),
    start: startServer,
    env: trapVariables,
    stopMs: 1_000,
    readyMs: 10_000,
  };
  const deployer = processDeployer(spec, context);
  const real = realServers({ dir, deployer, archive, mark: serverMark });
  return {
    ...real,
    spec,
    writers: {
      switch: (order, trap) => interruptProgram(deployer, order, { ...trap, script: 'switch.mjs' }),
      worker: (order, trap) => interruptWorker(spec, order, trap),
    },
  };
}

const program = fileURLToPath(new URL('../../../examples/command-deployer/deploy.mjs', import.meta.url));

export async function commandHarness(): Promise<DeployerHarness & { spec: CommandDeployerSpec }> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-command-'));
  const command = [process.execPath, program, join(dir, 'servers'), ...startServer];
  const spec: CommandDeployerSpec = { kind: 'command', command, env: trapVariables, timeoutMs: 20_000 };
  const deployer = commandDeployer(spec, context);
  const real = realServers({ dir, deployer, archive: false, mark: 'DEPLOY_HOME' });
  return {
    ...real,
    spec,
    writers: { program: (order, trap) => interruptProgram(deployer, order, { ...trap, script: 'deploy.mjs' }) },
  };
}

interface RealSetting {
  readonly dir: string;
  readonly deployer: Deployer;
  readonly archive: boolean;
  /** Environment variable by which the deployer marks a server's processes. */
  readonly mark: string;
}

export function realServers({ dir, deployer, archive, mark }: RealSetting): Omit<DeployerHarness, 'writers'> {
  const ids = serverNames();
  const seen: string[] = [];
  const endServer = async (id: string) => end(await processesMarked(mark, join(dir, 'servers', id)));
  const faults = { failStart: { failStart: true }, lie: { lieVersion: '0.0.1' } } as const;
  return {
    deployer,
    server: async () => {
      // A server that restarts must find its port free again.
      const [port = 0] = await quietPorts(1);
      const server = serverAt(ids(), port);
      seen.push(server.id);
      return server;
    },
    build: (version, fault) =>
      buildArtifact({ dir: join(dir, 'builds'), version, archive, ...(fault && { faults: faults[fault] }) }),
    lose: ({ source = '' }) => rm(source, { recursive: true }),
    forged: async (artifact) => ({ ...artifact, digest: `sha256:${'0'.repeat(64)}` }),
    instance: instanceOf,
    kill: async ({ id }) => {
      const processes = await processesMarked(mark, join(dir, 'servers', id));
      if (processes.length !== 1) throw new Error(`${id} has ${processes.length} processes`);
      await end(processes);
    },
    dispose: async () => {
      for (const id of seen) await endServer(id);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function end(processes: readonly ProcessId[]): Promise<void> {
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
  const gone = async () => (await Promise.all(processes.map(isAlive))).every((alive) => !alive);
  await eventually(gone, 5_000, () => 'the end of a server');
}

async function instanceOf(server: ServerSpec): Promise<string | null> {
  try {
    return pidIn((await askServer(server, { path: '/version', timeoutMs: 2_000 })).body);
  } catch {
    return null;
  }
}

function pidIn(body: string): string {
  const { pid } = JSON.parse(body);
  return String(pid);
}

async function interruptProgram(deployer: Deployer, order: DeployOrder, trapOrder: TrapOrder) {
  const trap = setTrap(trapOrder);
  const disarm = armHere(trap);
  try {
    return await interruption(trap, deployer.deploy(order));
  } finally {
    disarm();
  }
}

const driver = fileURLToPath(new URL('./worker.ts', import.meta.url));

async function interruptWorker(spec: ProcessDeployerSpec, order: DeployOrder, trapOrder: Omit<TrapOrder, 'script'>) {
  const trap = setTrap({ ...trapOrder, script: 'worker.ts' });
  const env = { ...trap.environment, TRAP_ARMED: 'no' };
  const worker = await startTypeScript(driver, [JSON.stringify({ spec, context, order })], { env });
  const attempt = worker.exited.then(({ code, signal }) => {
    if (code !== 0) throw new Error(`${signal ?? code}: ${worker.output()}`);
  });
  return interruption(trap, attempt);
}

function serverNames(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `s${count}`;
  };
}

export const serverAt = (id: string, port: number): ServerSpec => ({
  id,
  address: { host: '127.0.0.1', port },
  gray: true,
  spare: false,
  weight: 100,
});
