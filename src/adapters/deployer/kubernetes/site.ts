/** One server in its cluster: its object, read whole and changed only over the version that was read. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { KubernetesDeployerSpec } from '../../../domain/spec.ts';
import { kubeAccess } from '../../kubernetes/access.ts';
import { Conflict, type KubeClient, kubeClient } from '../../kubernetes/client.ts';
import type { DeployerContext } from '../port.ts';
import {
  type Claim,
  claimAnnotation,
  claimIn,
  deploymentSchema,
  type Pod,
  podListSchema,
  podSchema,
  type Workload,
  workloadOfDeployment,
  workloadOfPod,
} from './objects.ts';

export interface Site {
  readonly spec: KubernetesDeployerSpec;
  readonly context: DeployerContext;
  readonly server: ServerSpec;
  /** Of the object. */
  readonly name: string;
  readonly call: KubeClient;
}

const settingsSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{0,252}$/)
      .exactOptional(),
    /** Labels that one object has and no other, such as `app=pay,slot=blue`. */
    selector: z
      .string()
      .regex(/^[A-Za-z0-9._/=,-]{1,500}$/)
      .exactOptional(),
  })
  .refine(({ name, selector }) => name === undefined || selector === undefined);

export type KubernetesServerSettings = z.output<typeof settingsSchema>;

/** `deploy` of one server. Throws `serverRefused` for what is not known here. */
export function kubernetesSettings({ id, deploy = {} }: Pick<ServerSpec, 'id' | 'deploy'>): KubernetesServerSettings {
  const parsed = settingsSchema.safeParse(deploy);
  if (parsed.success) return parsed.data;
  throw new GrayError(
    'serverRefused',
    `${id}: deploy may have name (of its Deployment or pod) or selector (labels that it alone has), nothing else`,
  );
}

/** Throws `serverRefused` where the labels of the server are not those of exactly one object. */
export async function siteOf(
  spec: KubernetesDeployerSpec,
  context: DeployerContext,
  server: ServerSpec,
): Promise<Site> {
  const { name = server.id, selector } = kubernetesSettings(server);
  const call = inWordsOfServers(kubeClient(() => kubeAccess(spec)));
  const site = { spec, context, server, name, call };
  return selector === undefined ? site : { ...site, name: await nameBy(site, selector) };
}

const namesSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

async function nameBy({ spec, server, call }: Site, selector: string): Promise<string> {
  const path = `${objectsPath(spec)}?labelSelector=${encodeURIComponent(selector)}`;
  const { items } = await call({ method: 'GET', path }, namesSchema);
  const [only, ...others] = items.map(({ metadata }) => metadata.name);
  if (only !== undefined && others.length === 0) return only;
  const found = only === undefined ? 'nothing' : [only, ...others].join(', ');
  throw new GrayError(
    'serverRefused',
    `${server.id}: ${selector} in ${spec.namespace} selects ${found}, not one ${spec.workload}; give it labels that it alone has`,
  );
}

/** The client speaks of routers. */
const inWordsOfServers =
  (call: KubeClient): KubeClient =>
  async (asked, answer) => {
    try {
      return await call(asked, answer);
    } catch (error) {
      if (!(error instanceof GrayError)) throw error;
      const code = error.code === 'routerUnreachable' ? 'serverUnreachable' : 'serverRefused';
      const denied = error.details.status === 401 || error.details.status === 403;
      const mend = denied ? '; the kubeconfig, and the Role in docs/adapters/kubernetes.md' : '';
      throw new GrayError(code, `${error.message}${mend}`, { details: error.details, cause: error });
    }
  };

export const podsPath = ({ spec }: Site): string => `/api/v1/namespaces/${spec.namespace}/pods`;

const objectsPath = ({ workload, namespace }: KubernetesDeployerSpec): string =>
  workload === 'pod' ? `/api/v1/namespaces/${namespace}/pods` : `/apis/apps/v1/namespaces/${namespace}/deployments`;

const objectPath = ({ spec, name }: Site): string => `${objectsPath(spec)}/${name}`;

/** Throws `serverRefused` where there is none, or one that cannot be changed. */
export async function workloadAt(site: Site): Promise<Workload> {
  const { spec, server, name } = site;
  const found = await readObject(site).catch((error: unknown) => {
    if (!(error instanceof GrayError) || error.details.status !== 404) throw error;
    const what = `there is no ${spec.workload} ${name} in ${spec.namespace}`;
    throw new GrayError('serverRefused', `${server.id}: ${what}; name it in servers: deploy: { name: … }`, {
      cause: error,
    });
  });
  if (typeof found !== 'string') return found;
  throw new GrayError('serverRefused', `${server.id}: ${spec.workload} ${name}: ${found}`);
}

async function readObject(site: Site): Promise<Workload | string> {
  const { spec, call } = site;
  const asked = { method: 'GET', path: objectPath(site) } as const;
  return spec.workload === 'pod'
    ? workloadOfPod(await call(asked, podSchema), spec.container)
    : workloadOfDeployment(await call(asked, deploymentSchema), spec.container);
}

/** The pods of the server, those that are leaving too. */
export async function podsOf(site: Site, { rollout }: Workload): Promise<readonly Pod[]> {
  const { call, name } = site;
  if (rollout === undefined) return [await call({ method: 'GET', path: `${podsPath(site)}/${name}` }, podSchema)];
  const path = `${podsPath(site)}?labelSelector=${encodeURIComponent(rollout.selector)}`;
  return (await call({ method: 'GET', path }, podListSchema)).items;
}

/** Owns the server from here on, until somebody claims it again. An older fence throws `staleFence`. */
export async function claimServer(site: Site, fence: number): Promise<Claim> {
  const claim = { fence, attempt: randomUUID() };
  await change(site, (workload) => {
    const held = claimIn(workload);
    if (held.fence > fence) throw staleFence(fence, held.fence, site.server.id);
    return { metadata: { annotations: { [claimAnnotation]: `${fence} ${claim.attempt}` } } };
  });
  return claim;
}

/** Throws `staleFence`, or `serverLocked` where another attempt with the same fence has taken over. */
export function assertHeld({ server }: Site, workload: Workload, claim: Claim): void {
  const held = claimIn(workload);
  if (held.attempt === claim.attempt) return;
  if (held.fence > claim.fence) throw staleFence(claim.fence, held.fence, server.id);
  throw new GrayError('serverLocked', `${server.id}: another attempt with fence ${claim.fence} has taken over`, {
    details: { server: server.id, fence: claim.fence },
  });
}

export interface Patch {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

/** Others write these objects too: controllers, a kubelet, an autoscaler. */
const attempts = 20;

/** One step at the API server: it refuses the patch when the object was changed since it was read, and then it is read anew. */
export async function change(site: Site, patchFor: (workload: Workload) => Patch): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const workload = await workloadAt(site);
    const patch = patchFor(workload);
    const metadata = { ...patch.metadata, resourceVersion: workload.resourceVersion };
    try {
      const body = { ...patch, metadata };
      await site.call({ method: 'PATCH', path: objectPath(site), patch: body, strategic: true }, z.unknown());
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (attempt >= attempts) {
        throw new GrayError('serverUnreachable', `${site.server.id}: ${site.name} is changed all the time`);
      }
    }
  }
}
