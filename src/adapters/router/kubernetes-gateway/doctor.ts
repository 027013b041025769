/** What a cluster needs before a release may rely on it; each finding says how to mend it. */
import { z } from 'zod';
import type { KubernetesGatewayRouterSpec } from '../../../domain/spec.ts';
import { type Finding, fine, messageOf, wrong } from '../../finding.ts';
import { kubeAccess } from '../../kubernetes/access.ts';
import { type KubeClient, kubeClient } from '../../kubernetes/client.ts';
import type { RouterContext } from '../port.ts';
import { look } from './apply.ts';
import { isReady, poolLabel, statusProblems } from './objects.ts';

const page = 'docs/adapters/kubernetes-gateway.md';

/** Changes nothing. Never throws: a cluster that does not answer is a finding. */
export async function kubernetesGatewayDoctor(
  spec: KubernetesGatewayRouterSpec,
  context: RouterContext,
): Promise<Finding[]> {
  const call = kubeClient(() => kubeAccess(spec));
  try {
    const { object, pods } = await look({ spec, context, call });
    const served = statusProblems(object).map((problem) =>
      wrong(
        problem,
        '`kubectl describe httproute` tells more; the gateway must support header matches by regular expression',
      ),
    );
    return [
      fine(`HTTPRoute ${spec.namespace}/${spec.route} is there`),
      ...(served.length === 0 ? [fine('a gateway has taken the HTTPRoute')] : served),
      ...context.servers.map(({ id }) => podFinding(id, pods.get(id))),
      await serviceFinding(call, spec, 'a'),
      await serviceFinding(call, spec, 'b'),
    ];
  } catch (error) {
    return [wrong(messageOf(error), `access and objects as in ${page}`)];
  }
}

function podFinding(id: string, pod: Parameters<typeof isReady>[0]): Finding {
  if (pod === undefined) return wrong(`there is no pod ${id}`, 'the id of a server is the name of its pod');
  const pool = pod.metadata.labels?.[poolLabel];
  if (pool !== 'a' && pool !== 'b' && pool !== 'out') {
    return wrong(`pod ${id} has no label ${poolLabel}`, `\`${poolLabel}: a\` (spares: \`out\`) in its template`);
  }
  if (pool !== 'out' && !isReady(pod))
    return wrong(`pod ${id} is not ready`, `\`kubectl describe pod ${id}\` tells why`);
  return fine(`pod ${id} is there, in pool ${pool}`);
}

const serviceSchema = z.object({
  spec: z.object({
    selector: z.record(z.string(), z.string()).nullish(),
    ports: z.array(z.object({ port: z.int() })).nullish(),
  }),
});

async function serviceFinding(
  call: KubeClient,
  { namespace, services, port }: KubernetesGatewayRouterSpec,
  pool: 'a' | 'b',
): Promise<Finding> {
  const name = services[pool];
  try {
    const { spec } = await call(
      { method: 'GET', path: `/api/v1/namespaces/${namespace}/services/${name}` },
      serviceSchema,
    );
    if (spec.selector?.[poolLabel] !== pool) {
      return wrong(`Service ${name} does not select pool ${pool}`, `\`${poolLabel}: ${pool}\` in its selector`);
    }
    if (!spec.ports?.some((one) => one.port === port)) {
      return wrong(`Service ${name} has no port ${port}`, 'make `port` and the Service the same');
    }
    return fine(`Service ${name} selects pool ${pool}`);
  } catch (error) {
    return wrong(messageOf(error), `a Service for each pool, as in ${page}`);
  }
}
