/** `deployer.kind: kubernetes`. */
import { z } from 'zod';
import { imageProblem } from '../../adapters/deployer/image-name.ts';
import { kubernetesSettings } from '../../adapters/deployer/kubernetes/site.ts';
import { GrayError } from '../../domain/errors.ts';
import type { KubernetesDeployerSpec } from '../../domain/spec.ts';
import type { GoodSections } from '../file.ts';
import { type Finding, finding } from '../finding.ts';
import type { At } from '../resolve.ts';
import { filePath, flag, oneOf, section, text } from '../scalars.ts';
import { duration } from '../units.ts';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const kubernetes = section({
  kind: z.literal('kubernetes').describe('Deployments or pods of a Kubernetes cluster, one per server.'),
  kubeconfig: filePath('a kubeconfig file')
    .exactOptional()
    .describe('How to reach the API server. Default: the service account of the pod the worker runs in.'),
  context: text('the name of a context', /^[^\s]{1,253}$/)
    .exactOptional()
    .describe('Context of the kubeconfig. Default: its current one.'),
  namespace: text('the name of a namespace', label).describe('Namespace of the Deployments or pods.'),
  workload: oneOf(['deployment', 'pod'])
    .default('deployment')
    .describe(
      "What a server is. It has the server's id as name, or deploy: { name: … } or { selector: … } of the server. pod: changed in place, such as those of a StatefulSet.",
    ),
  container: text('the name of a container', label)
    .exactOptional()
    .describe('Whose image changes. Not needed where a pod has one container.'),
  pullCheck: flag()
    .default(true)
    .describe(
      'Before a change, a pod that runs nothing shows that the image can be pulled. Needs the right to create and delete pods.',
    ),
  ready: duration('1s', '1h')
    .prefault('2m')
    .describe('From the change until only new pods are there, ready, and answer their version.'),
  pull: duration('1s', '1d').prefault('5m').describe('Longest pull of an image.'),
});

type KubernetesFile = z.output<typeof kubernetes>;

export function resolveKubernetes(
  { ready, pull, kubeconfig, ...rest }: KubernetesFile,
  at: At,
): KubernetesDeployerSpec {
  return { ...rest, ...(kubeconfig !== undefined && { kubeconfig: at(kubeconfig) }), readyMs: ready, pullMs: pull };
}

/** Images are named by digest, servers' own settings are known ones, and no two servers are one object. */
export function kubernetesChecks({ artifact, base, servers = [] }: GoodSections): Finding[] {
  const builds = Object.entries({ artifact, base }).flatMap(([key, build]) => {
    const problem = build === undefined ? null : imageProblem(build);
    return problem === null ? [] : [finding([key, 'source'], problem)];
  });
  const first = new Map<string, string>();
  const objects = servers.flatMap((server, index) => {
    try {
      const { selector, name = selector ?? server.id } = kubernetesSettings(server);
      const other = first.get(name);
      first.set(name, server.id);
      return other === undefined
        ? []
        : [finding(['servers', index, 'deploy'], `has the same object ${name} as ${other}`)];
    } catch (error) {
      if (error instanceof GrayError) return [finding(['servers', index, 'deploy'], error.message)];
      throw error;
    }
  });
  return [...builds, ...objects];
}
