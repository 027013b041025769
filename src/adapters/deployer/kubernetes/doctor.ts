/** What the objects need before a release may rely on them; each finding says how to mend it. */
import pMap from 'p-map';
import type { ServerSpec } from '../../../domain/server.ts';
import type { KubernetesDeployerSpec } from '../../../domain/spec.ts';
import { type Finding, fine, wrong } from '../../finding.ts';
import type { DeployerContext } from '../port.ts';
import { podsOf, type Site, siteOf, workloadAt } from './site.ts';

export interface DoctorContext extends DeployerContext {
  readonly servers: readonly ServerSpec[];
}

const page = 'docs/adapters/kubernetes.md';

/** Changes nothing. Never throws: a cluster that does not answer is a finding. */
export function kubernetesDoctor(spec: KubernetesDeployerSpec, context: DoctorContext): Promise<Finding[]> {
  return pMap(context.servers, (server) => serverFinding(spec, context, server), { concurrency: 10 });
}

async function serverFinding(
  spec: KubernetesDeployerSpec,
  context: DeployerContext,
  server: ServerSpec,
): Promise<Finding> {
  try {
    return await objectFinding(await siteOf(spec, context, server));
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error), `access and objects as in ${page}`);
  }
}

async function objectFinding(site: Site): Promise<Finding> {
  const workload = await workloadAt(site);
  const pods = await podsOf(site, workload);
  const what = `${site.spec.workload} ${site.name}`;
  const told = pods.flatMap(({ status }) => status?.containerStatuses ?? []);
  const container = told.filter(({ name }) => name === workload.container);
  if (container.some(({ ready }) => ready)) return fine(`${what} is there, image ${workload.image}`);
  const reasons = container.map(({ state }) => state?.waiting?.reason ?? 'not ready').join(', ');
  return wrong(
    `${what} has not one ready pod: ${reasons === '' ? 'none at all' : reasons}`,
    `\`kubectl -n ${site.spec.namespace} describe pods\` tells why`,
  );
}
