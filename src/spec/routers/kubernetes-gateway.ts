/** `router.kind: kubernetes-gateway`. */
import { z } from 'zod';
import type { KubernetesGatewayRouterSpec } from '../../domain/spec.ts';
import type { At } from '../resolve.ts';
import { filePath, headerName, section, text, whole } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?){0,8}$/;
const selector = /^[A-Za-z0-9._/-]+=[A-Za-z0-9._-]+(,[A-Za-z0-9._/-]+=[A-Za-z0-9._-]+)*$/;

const service = () => text('the name of a Service', label);

export const kubernetesGateway = section({
  kind: z.literal('kubernetes-gateway').describe('An HTTPRoute of the Kubernetes Gateway API and two Services.'),
  identity,
  bucketHeader: text('the name of a header', headerName)
    .default('x-gray-bucket')
    .describe('Header in which the edge sends `<salt>.<bucket>`.'),
  kubeconfig: filePath('a kubeconfig file')
    .exactOptional()
    .describe('How to reach the API server. Default: the service account of the pod the worker runs in.'),
  context: text('the name of a context', /^[^\s]{1,253}$/)
    .exactOptional()
    .describe('Context of the kubeconfig. Default: its current one.'),
  namespace: text('the name of a namespace', label).describe('Namespace of route, Services and pods.'),
  route: text('the name of an HTTPRoute', subdomain).describe('The HTTPRoute of the target; its rules become ours.'),
  services: section({ a: service(), b: service() })
    .refine((names) => names.a !== names.b, { error: 'expected two Services, found the same one twice' })
    .exactOptional()
    .describe('Services of the pools a and b. Default: <target>-a and <target>-b.'),
  port: whole(1, 65_535).describe('Port of both Services.'),
  pods: text('a label selector such as app=payments', selector).describe(
    'Selects the pods of the target; each has the id of its server as name.',
  ),
  entrance,
  probe,
});

export const resolveKubernetesGateway = (
  router: z.output<typeof kubernetesGateway>,
  target: string,
  at: At,
): KubernetesGatewayRouterSpec => {
  const { kubeconfig, services = { a: `${target}-a`, b: `${target}-b` }, ...rest } = router;
  return { ...rest, services, ...(kubeconfig !== undefined && { kubeconfig: at(kubeconfig) }) };
};
