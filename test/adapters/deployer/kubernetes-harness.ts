/** The Kubernetes deployer before stand-ins of an API server, its controllers and a kubelet. No cluster was run. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubernetesDeployer } from '../../../src/adapters/deployer/kubernetes.ts';
import type { Deployer, DeployOrder } from '../../../src/adapters/deployer/port.ts';
import type { KubernetesDeployerSpec } from '../../../src/domain/spec.ts';
import { Cluster, type ImageContent, tokens } from '../../support/cluster.ts';
import type { Interruption, TrapOrder } from '../../support/trap.ts';
import type { DeployerHarness } from './contract.ts';
import { context, serverAt } from './harnesses.ts';

export interface KubernetesHarness extends DeployerHarness {
  readonly spec: KubernetesDeployerSpec;
  readonly cluster: Cluster;
  /** The deployer with another token. */
  as(token: string): Promise<Deployer>;
  image(content: ImageContent): { readonly version: string; readonly digest: string; readonly source: string };
}

export interface HarnessOrder {
  readonly workload: 'deployment' | 'pod';
  readonly strategy?: 'Recreate' | 'RollingUpdate';
}

export async function kubernetesHarness({ workload, strategy = 'Recreate' }: HarnessOrder): Promise<KubernetesHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-kubernetes-'));
  const cluster = new Cluster();
  const url = await cluster.start();
  const kubeconfig = async (token: string): Promise<string> => {
    const config = {
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      clusters: [{ name: 'test', cluster: { server: url } }],
      users: [{ name: 'test', user: { token } }],
    };
    await writeFile(join(dir, token), JSON.stringify(config));
    return join(dir, token);
  };
  const spec: KubernetesDeployerSpec = {
    kind: 'kubernetes',
    kubeconfig: await kubeconfig(tokens.right),
    namespace: 'shop',
    workload,
    pullCheck: true,
    readyMs: 3_000,
    pullMs: 3_000,
  };
  const as = async (token: string) => kubernetesDeployer({ ...spec, kubeconfig: await kubeconfig(token) }, context);
  const image = (content: ImageContent) => {
    const digest = `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`;
    const source = `registry.example/shop/pay@${digest}`;
    cluster.registry.set(source, content);
    return { version: content.version, digest, source };
  };
  let count = 0;
  return {
    spec,
    cluster,
    as,
    image,
    deployer: await as(tokens.right),
    server: async () => {
      count += 1;
      return serverAt(`s${count}`, await cluster.add(`s${count}`, workload, strategy));
    },
    build: async (version, fault) => image({ version, fault }),
    lose: async ({ source = '' }) => cluster.forget(source),
    forged: async (artifact) => ({ ...artifact, digest: `sha256:${'0'.repeat(64)}` }),
    instance: async ({ id }) => cluster.serving(id).join() || null,
    kill: async ({ id }) => {
      if (cluster.serving(id).length !== 1) throw new Error(`${id} has not exactly one container`);
      cluster.kill(id);
    },
    writers: { worker: async (order, trap) => interrupted(cluster, await as(tokens.victim), order, trap) },
    dispose: async () => {
      await cluster.stop();
      await rm(dir, { recursive: true });
    },
  };
}

/** Dies: nothing of it reaches the API server from that effect on. Freezes: the request itself is on its way, and arrives late. */
async function interrupted(
  cluster: Cluster,
  victim: Deployer,
  order: DeployOrder,
  { at, signal }: Omit<TrapOrder, 'script'>,
): Promise<Interruption | null> {
  let count = 0;
  let wake: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    wake = resolve;
  });
  cluster.mendVictim();
  const met = new Promise<string>((resolve) => {
    cluster.onVictim = (effect) => {
      count += 1;
      if (count !== at) return undefined;
      resolve(effect);
      return signal === 'SIGKILL' ? 'cut' : held;
    };
  });
  const ended = Promise.allSettled([victim.deploy(order)]).then(([result]) => result);
  const effect = await Promise.race([met, ended.then(() => null)]);
  return effect === null ? null : { pid: process.pid, effect, ended, wake };
}
