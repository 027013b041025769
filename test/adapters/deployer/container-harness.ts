/** The container deployer before a real Podman and a small registry; writers are cut off or held up on their way to it. */
import { quietPorts } from '../../../demo/stage/ports.ts';
import { containersOf } from '../../../src/adapters/deployer/container/fleet.ts';
import { siteOf } from '../../../src/adapters/deployer/container/site.ts';
import { containerDeployer } from '../../../src/adapters/deployer/container.ts';
import type { DeployOrder } from '../../../src/adapters/deployer/port.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { ContainerDeployerSpec } from '../../../src/domain/spec.ts';
import { EngineGate } from '../../support/engine-gate.ts';
import { OciRegistry, serverScript } from '../../support/oci-registry.ts';
import { type Podman, startPodman } from '../../support/podman.ts';
import type { Interruption, TrapOrder } from '../../support/trap.ts';
import type { DeployerHarness } from './contract.ts';
import { context, serverAt } from './harnesses.ts';

export interface ContainerHarness extends DeployerHarness {
  readonly spec: ContainerDeployerSpec;
  readonly registry: OciRegistry;
  readonly podman: Podman;
}

export async function containerHarness(): Promise<ContainerHarness> {
  const registry = await OciRegistry.start();
  const podman = await startPodman(registry.host);
  const spec: ContainerDeployerSpec = {
    kind: 'container',
    socket: podman.socket,
    network: 'host',
    env: [],
    mounts: [],
    restart: 'no',
    stopMs: 1_000,
    readyMs: 5_000,
    pullMs: 10_000,
  };
  const runningOf = async (server: ServerSpec) =>
    (await containersOf(siteOf(spec, context, server))).filter(({ phase }) => phase === 'running');
  let count = 0;
  return {
    spec,
    registry,
    podman,
    deployer: containerDeployer(spec, context),
    server: async () => {
      const [port = 0] = await quietPorts(1);
      count += 1;
      return serverAt(`s${count}`, port);
    },
    build: async (version, fault) => ({ version, ...(await registry.add('shop/pay', imageOf(version, fault))) }),
    lose: async ({ digest, source = '' }) => {
      registry.forget(digest);
      await podman.ask('DELETE', `/images/${source}?force=true`);
    },
    forged: async (artifact) => ({ ...artifact, digest: `sha256:${'0'.repeat(64)}` }),
    instance: async (server) => (await runningOf(server)).map(({ id }) => id).join() || null,
    kill: async (server) => {
      const [one, ...more] = await runningOf(server);
      if (one === undefined || more.length > 0) throw new Error(`${server.id} has not exactly one container`);
      await podman.ask('POST', `/containers/${one.id}/kill?signal=KILL`);
      await podman.ask('POST', `/containers/${one.id}/wait`);
    },
    writers: { worker: (order, trap) => interrupted(spec, order, trap) },
    dispose: async () => {
      await podman.stop();
      await registry.stop();
    },
  };
}

function imageOf(version: string, fault?: 'failStart' | 'lie') {
  if (fault === 'failStart') return { version, script: '#!/bin/sh\necho no room for me\nexit 3\n' };
  return { version, script: serverScript(fault === 'lie' ? '0.0.1' : version) };
}

/** Dies: nothing of it reaches the engine from that effect on. Freezes: the request itself is on its way, and arrives late. */
async function interrupted(
  spec: ContainerDeployerSpec,
  order: DeployOrder,
  trap: Omit<TrapOrder, 'script'>,
): Promise<Interruption | null> {
  const gate = await EngineGate.open(spec.socket, trap.at, trap.signal === 'SIGKILL' ? 'cut' : 'hold');
  const ended = Promise.allSettled([containerDeployer({ ...spec, socket: gate.socket }, context).deploy(order)]).then(
    ([result]) => result,
  );
  const over = ended.then(() => null);
  const effect = await Promise.race([gate.met, over]);
  if (effect === null) {
    await gate.close();
    return null;
  }
  void ended.then(() => gate.close());
  return { pid: process.pid, effect, ended, wake: () => gate.release() };
}
