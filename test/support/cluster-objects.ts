/** Deployments and pods as an API server checks them: shapes, limits, what may not change, and strategic merge by name. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const dns = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const labelValue = z.string().regex(/^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/);
const key = z.string().regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
const quantity = z.record(z.enum(['cpu', 'memory']), z.string().regex(/^\d+(m|Mi|Gi)?$/));

const metadata = z.strictObject({
  name: dns,
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(key, labelValue).optional(),
  annotations: z
    .record(key, z.string())
    .refine((texts) => JSON.stringify(texts).length < 256 * 1024, 'Too long: must have at most 262144 bytes')
    .optional(),
});

const container = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  image: z.string().min(1),
  command: z.array(z.string()).optional(),
  env: z.array(z.unknown()).optional(),
  resources: z.strictObject({ requests: quantity.optional(), limits: quantity.optional() }).optional(),
  securityContext: z
    .strictObject({
      allowPrivilegeEscalation: z.boolean(),
      capabilities: z.strictObject({ drop: z.array(z.string()) }),
    })
    .optional(),
});

const podSpec = z.strictObject({
  containers: z.array(container).min(1),
  nodeName: z.string().optional(),
  restartPolicy: z.enum(['Always', 'Never', 'OnFailure']).optional(),
  activeDeadlineSeconds: z.int().min(1).optional(),
  automountServiceAccountToken: z.boolean().optional(),
  terminationGracePeriodSeconds: z.int().min(0).optional(),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })).optional(),
  securityContext: z
    .strictObject({
      runAsNonRoot: z.boolean(),
      runAsUser: z.int(),
      seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Unconfined', 'Localhost']) }),
    })
    .optional(),
});

const state = z.strictObject({
  waiting: z.strictObject({ reason: z.string(), message: z.string().optional() }).optional(),
  running: z.strictObject({ startedAt: z.string() }).optional(),
  terminated: z.strictObject({ exitCode: z.int(), reason: z.string(), message: z.string().optional() }).optional(),
});

export const podSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Pod'),
  metadata,
  spec: podSpec,
  status: z
    .strictObject({
      containerStatuses: z.array(
        z.strictObject({
          name: z.string(),
          image: z.string(),
          imageID: z.string(),
          ready: z.boolean(),
          restartCount: z.int(),
          containerID: z.string().optional(),
          state,
        }),
      ),
    })
    .optional(),
});

export const deploymentSchema = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: z.int(),
    paused: z.boolean().optional(),
    strategy: z.strictObject({ type: z.enum(['Recreate', 'RollingUpdate']) }),
    selector: z.strictObject({ matchLabels: z.record(key, labelValue) }),
    template: z.strictObject({
      metadata: z.strictObject({
        labels: z.record(key, labelValue),
        annotations: z.record(key, z.string()).optional(),
      }),
      spec: podSpec,
    }),
  }),
  status: z.strictObject({ observedGeneration: z.int() }).optional(),
});

export type PodObject = z.output<typeof podSchema>;
export type DeploymentObject = z.output<typeof deploymentSchema>;
export type ClusterObject = PodObject | DeploymentObject;
export type ContainerStatus = NonNullable<PodObject['status']>['containerStatuses'][number];

const objectSchema = z.discriminatedUnion('kind', [podSchema, deploymentSchema]);

/** The object, or what an API server would refuse it for. */
export function checked(object: unknown, before?: ClusterObject): ClusterObject | string {
  const parsed = objectSchema.safeParse(object);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  }
  const { data } = parsed;
  if (before?.kind === 'Pod' && data.kind === 'Pod' && !isDeepStrictEqual(imageless(before), imageless(data))) {
    return 'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`';
  }
  return data;
}

const imageless = ({ spec }: PodObject) => ({
  ...spec,
  containers: spec.containers.map((one) => ({ ...one, image: '' })),
});

/** What the namespace asks of a new pod: the standard "restricted". */
export function restricted({ spec }: PodObject): string | null {
  const { securityContext } = spec;
  const tight = spec.containers.every(
    (one) =>
      one.securityContext?.allowPrivilegeEscalation === false && one.securityContext.capabilities.drop.includes('ALL'),
  );
  const asSomebody = securityContext?.runAsNonRoot === true && securityContext.runAsUser > 0;
  if (tight && asSomebody && securityContext.seccompProfile.type === 'RuntimeDefault') return null;
  return 'violates PodSecurity "restricted:latest"';
}

/** RFC 7386, but lists of objects with names are merged by name. */
export function merged(target: unknown, patch: unknown): unknown {
  if (Array.isArray(patch)) return mergedList(Array.isArray(target) ? target : [], patch);
  if (!isGroup(patch)) return patch;
  const result: Record<string, unknown> = isGroup(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

function mergedList(target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (!patch.every((one) => isGroup(one) && 'name' in one)) return [...patch];
  const nameOf = (one: unknown): unknown => (isGroup(one) ? one.name : undefined);
  const kept = target.map((one) => {
    const change = patch.find((other) => nameOf(other) === nameOf(one));
    return change === undefined ? one : merged(one, change);
  });
  return [...kept, ...patch.filter((one) => !target.some((other) => nameOf(other) === nameOf(one)))];
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
