/** Waits until only new pods are left, they are ready, and the server answers its version; or until there is no more hope of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Artifact, RunningVersion } from '../../../domain/artifact.ts';
import { isUnreachable, readVersion } from '../../version-probe.ts';
import { artifactMissing } from '../faults.ts';
import {
  type Claim,
  type ContainerStatus,
  digestAnnotation,
  type Pod,
  replacedAnnotation,
  type Workload,
} from './objects.ts';
import { pullProblem } from './pull-check.ts';
import { assertHeld, podsOf, type Site, workloadAt } from './site.ts';

/** Of the pauses between looks, which grow. */
const firstMs = 20;
const longestMs = 500;
const probeMs = 2_000;
/** A last look that has less time tells nothing. */
const leastMs = 500;

export interface ReadyOrder {
  readonly artifact: Artifact;
  readonly claim: Claim;
  /** Of the container. */
  readonly reference: string;
  /** This attempt changed the image: a container that ends is then a failed start, else Kubernetes starts it again. */
  readonly changed: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The first answer of the new pods. Throws an Error that tells what is still missing. */
export async function becomeReady(site: Site, order: ReadyOrder): Promise<RunningVersion> {
  const { readyMs } = site.spec;
  const deadline = performance.now() + readyMs;
  for (let pauseMs = firstMs; ; pauseMs = Math.min(longestMs, pauseMs * 1.5)) {
    const workload = await workloadAt(site);
    assertHeld(site, workload, order.claim);
    const missing = missingIn(workload, await podsOf(site, workload), order);
    const answer = missing === null ? await answerOf(site, deadline, order.signal) : null;
    if (answer !== null && !isUnreachable(answer)) return answer;
    if (performance.now() >= deadline)
      throw new Error(`not ready within ${readyMs} ms: ${missing ?? answer?.unreachable}`);
    await sleep(pauseMs, undefined, order.signal === undefined ? {} : { signal: order.signal });
  }
}

function answerOf({ server, context }: Site, deadline: number, signal: AbortSignal | undefined) {
  const timeoutMs = Math.ceil(Math.min(probeMs, Math.max(leastMs, deadline - performance.now())));
  return readVersion(server, context.version, { timeoutMs, signal });
}

/** Null when all that is left of the server is new and ready. */
export function missingIn(workload: Workload, pods: readonly Pod[], order: ReadyOrder): string | null {
  const { rollout, container } = workload;
  if (rollout?.observed === false) return 'the Deployment controller has not seen the change yet';
  const fresh = pods.filter((pod) => isNew(pod, container, order));
  for (const pod of fresh) refuseHopeless(pod, container, order);
  const old = pods.filter((pod) => !fresh.includes(pod)).map(({ metadata }) => metadata.name);
  if (old.length > 0) return `the old container of ${old} is still there`;
  const wanted = rollout?.replicas ?? 1;
  if (fresh.length !== wanted || wanted === 0) return `${fresh.length} of ${wanted} pods are there`;
  const waiting = fresh.filter((pod) => statusOf(pod, container)?.ready !== true);
  return waiting.length === 0 ? null : waiting.map((pod) => reasonOf(pod, container)).join('; ');
}

/** Made for this artifact, and not the container that was to go. */
function isNew({ metadata, spec }: Pod, container: string, { artifact, reference }: ReadyOrder): boolean {
  const image = spec.containers.find(({ name }) => name === container)?.image;
  const { annotations = {}, deletionTimestamp } = metadata;
  return deletionTimestamp === undefined && image === reference && annotations[digestAnnotation] === artifact.digest;
}

/** Also null while the status still tells of the container that was replaced in place. */
function statusOf({ metadata, status }: Pod, container: string): ContainerStatus | null {
  const found = status?.containerStatuses?.find(({ name }) => name === container) ?? null;
  const [replaced] = (metadata.annotations?.[replacedAnnotation] ?? '').split(' ');
  return found?.containerID !== undefined && found.containerID === replaced ? null : found;
}

function reasonOf(pod: Pod, container: string): string {
  const { waiting, terminated } = statusOf(pod, container)?.state ?? {};
  const { name } = pod.metadata;
  if (terminated !== undefined) return `${name} ended with exit status ${terminated.exitCode}`;
  return `${name} is not ready ${[waiting?.reason, waiting?.message].filter(Boolean).join(': ')}`.trim();
}

function refuseHopeless(pod: Pod, container: string, { artifact, reference, changed }: ReadyOrder): void {
  const status = statusOf(pod, container);
  const { waiting, terminated } = status?.state ?? {};
  const { name } = pod.metadata;
  // A status may still tell of the image before.
  if (pullProblem(waiting?.reason) && status?.image === reference) {
    throw artifactMissing(artifact, `${name} cannot pull ${reference}: ${waiting?.message ?? waiting?.reason}`);
  }
  if (changed && (terminated !== undefined || waiting?.reason === 'CrashLoopBackOff')) {
    const how =
      terminated === undefined ? (waiting?.message ?? 'CrashLoopBackOff') : `exit status ${terminated.exitCode}`;
    throw new Error(`the container ended before it answered (${how}); kubectl logs ${name} --previous tells more`);
  }
}
