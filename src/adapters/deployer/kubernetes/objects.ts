/** Deployments and pods, as far as they are read. Their meaning for a release is in our annotations. */
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import type { BaseRecord } from '../process/records.ts';

/** Who may change the server, as `<fence> <attempt>`. */
export const claimAnnotation = 'gray-release/deploy-claim';
/** What the server ran before the last release changed it, as JSON. */
export const baseAnnotation = 'gray-release/deploy-base';
/** What shall run, as JSON. */
export const artifactAnnotation = 'gray-release/artifact';
/** On the pod itself, for its own environment by the downward API. */
export const versionAnnotation = 'gray-release/version';
export const digestAnnotation = 'gray-release/digest';
/** On a pod that is changed in place: the container that the new one replaces, and its image. */
export const replacedAnnotation = 'gray-release/replaced';

const texts = z.record(z.string(), z.string());

const metadata = z.object({
  name: z.string(),
  resourceVersion: z.string(),
  generation: z.int().optional(),
  deletionTimestamp: z.string().optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
});

const podSpec = z.object({
  containers: z.array(z.object({ name: z.string(), image: z.string().optional() })),
  imagePullSecrets: z.array(z.object({ name: z.string().optional() })).optional(),
  nodeName: z.string().optional(),
});

const containerStatus = z.object({
  name: z.string(),
  /** As wanted while it waits; once it runs, some name of the image. */
  image: z.string(),
  ready: z.boolean(),
  containerID: z.string().optional(),
  state: z
    .object({
      waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
      running: z.object({}).optional(),
      terminated: z
        .object({ exitCode: z.int(), reason: z.string().optional(), message: z.string().optional() })
        .optional(),
    })
    .optional(),
});

export const podSchema = z.object({
  metadata,
  spec: podSpec,
  status: z
    .object({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
      containerStatuses: z.array(containerStatus).nullish(),
    })
    .optional(),
});

export const podListSchema = z.object({ items: z.array(podSchema) });

export const deploymentSchema = z.object({
  metadata,
  spec: z.object({
    replicas: z.int().optional(),
    paused: z.boolean().optional(),
    selector: z.object({ matchLabels: texts.optional() }),
    template: z.object({ metadata: z.object({ annotations: texts.optional() }).optional(), spec: podSpec }),
  }),
  status: z.object({ observedGeneration: z.int().optional() }).optional(),
});

export type Pod = z.output<typeof podSchema>;
export type Deployment = z.output<typeof deploymentSchema>;
export type ContainerStatus = z.output<typeof containerStatus>;
type PodSpec = z.output<typeof podSpec>;

/** A server's object: a Deployment, or a pod alone. */
export interface Workload {
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly container: string;
  /** Of the container. */
  readonly image: string;
  readonly pod: PodSpec;
  /** Pods wanted, and the controller has taken this very version over. Absent: the object is the pod. */
  readonly rollout?: { readonly replicas: number; readonly observed: boolean; readonly selector: string };
}

export const workloadOfPod = (pod: Pod, container: string | undefined): Workload | string =>
  workloadOf(pod.metadata, pod.spec, container);

export function workloadOfDeployment(deployment: Deployment, container: string | undefined): Workload | string {
  const { spec, status, metadata: known } = deployment;
  const workload = workloadOf(known, spec.template.spec, container);
  if (typeof workload === 'string') return workload;
  if (spec.paused === true) return `it is paused; kubectl rollout resume deployment/${known.name}`;
  const labels = Object.entries(spec.selector.matchLabels ?? {});
  if (labels.length === 0) return 'its selector has no matchLabels';
  return {
    ...workload,
    rollout: {
      replicas: spec.replicas ?? 1,
      observed: (status?.observedGeneration ?? 0) >= (known.generation ?? 0),
      selector: labels.map(([name, value]) => `${name}=${value}`).join(','),
    },
  };
}

function workloadOf(known: z.output<typeof metadata>, pod: PodSpec, wanted: string | undefined): Workload | string {
  const names = pod.containers.map(({ name }) => name);
  const container = wanted ?? names[0] ?? '';
  if (wanted === undefined && names.length > 1) return `it has the containers ${names}; name one in deployer.container`;
  const found = pod.containers.find(({ name }) => name === container);
  if (found === undefined) return `it has no container ${container}, only ${names}; mend deployer.container`;
  const { resourceVersion, annotations = {} } = known;
  return { resourceVersion, annotations, container, image: found.image ?? '', pod };
}

export interface Claim {
  readonly fence: number;
  readonly attempt: string;
}

export function claimIn({ annotations }: Workload): Claim {
  const [, fence = '0', attempt = ''] = /^(\d{1,15}) (\S+)$/.exec(annotations[claimAnnotation] ?? '') ?? [];
  return { fence: Number(fence), attempt };
}

const artifactSchema = z.object({ version: z.string(), digest: z.string(), source: z.string().exactOptional() });
const baseSchema = z.object({ release: z.string(), artifact: artifactSchema.nullable() });

export const artifactIn = (workload: Workload): Artifact | null =>
  read(artifactSchema, workload.annotations[artifactAnnotation]);

/** Null also for one that was damaged by hand: the workflow has the base of an open release itself. */
export const baseIn = (workload: Workload): BaseRecord | null => read(baseSchema, workload.annotations[baseAnnotation]);

function read<T>(schema: z.ZodType<T>, text: string | undefined): T | null {
  if (text === undefined) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
