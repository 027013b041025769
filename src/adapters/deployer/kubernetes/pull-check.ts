/**
 * Whether nodes can pull an image: a pod that names it and runs nothing of it, because the program it asks for is in no image.
 * Kubernetes ends it after a while; whoever finds it reads it, whoever made it.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import { GrayError } from '../../../domain/errors.ts';
import { Conflict } from '../../kubernetes/client.ts';
import { artifactMissing, deployFailed } from '../faults.ts';
import { type Pod, podSchema, type Workload } from './objects.ts';
import { podsPath, type Site } from './site.ts';

/** Of the pauses between looks, which grow. */
const firstMs = 20;
const longestMs = 1_000;
const nowhere = '/gray-release-only-pulls-this-image';

export interface PullCheck {
  readonly artifact: Artifact;
  /** The image by name and digest. */
  readonly reference: string;
  /** After so long it is an error, and the pod goes on: the next check finds it. */
  readonly patienceMs: number;
}

/** Throws `artifactMissing` where the image cannot be had, `deployFailed` where it was not there in time. */
export async function checkPull(site: Site, workload: Workload, check: PullCheck): Promise<void> {
  const { artifact, reference } = check;
  const name = `gray-pull-${createHash('sha256').update(`${site.name} ${reference}`).digest('hex').slice(0, 16)}`;
  const path = `${podsPath(site)}/${name}`;
  const verdict = await verdictWithin(check.patienceMs, async () => {
    const pod = (await podAt(site, path)) ?? (await createPod(site, name, workload, reference));
    return pod === null ? null : verdictOf(pod);
  });
  if (verdict === null) {
    const what = `${reference} was not pulled within ${check.patienceMs} ms (deployer.pull)`;
    throw deployFailed(site.server.id, artifact, `${what}; kubectl describe pod ${name}`);
  }
  await site.call({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0` }, z.unknown()).catch(() => undefined);
  if (!verdict.there) throw artifactMissing(artifact, `${reference} cannot be pulled: ${verdict.why}`);
}

/** Null when time is up. */
async function verdictWithin(patienceMs: number, look: () => Promise<Verdict | null>): Promise<Verdict | null> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = firstMs; ; pauseMs = Math.min(longestMs, pauseMs * 1.5)) {
    const verdict = await look();
    if (verdict !== null || performance.now() >= deadline) return verdict;
    await sleep(pauseMs);
  }
}

async function podAt(site: Site, path: string): Promise<Pod | null> {
  try {
    return await site.call({ method: 'GET', path }, podSchema);
  } catch (error) {
    if (error instanceof GrayError && error.details.status === 404) return null;
    throw error;
  }
}

/** Null where another attempt was faster. */
async function createPod(site: Site, name: string, { pod }: Workload, image: string): Promise<Pod | null> {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'gray-release/pull-check': 'true' } },
    spec: {
      activeDeadlineSeconds: Math.ceil(site.spec.pullMs / 1000) + 5,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      // Where the server runs now: there the image is needed, and there it then is.
      ...(pod.nodeName !== undefined && { nodeName: pod.nodeName }),
      ...(pod.imagePullSecrets !== undefined && { imagePullSecrets: pod.imagePullSecrets }),
      securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'pull',
          image,
          command: [nowhere],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '32Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
  try {
    return await site.call({ method: 'POST', path: podsPath(site), object }, podSchema);
  } catch (error) {
    if (error instanceof Conflict) return null;
    throw error;
  }
}

/** Reasons of a kubelet that has no image. Any other reason for not running comes after the pull. */
const cannotPull = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'RegistryUnavailable'];
const beforePull = ['ContainerCreating', 'PodInitializing'];

export const pullProblem = (reason: string | undefined): boolean => reason !== undefined && cannotPull.includes(reason);

type Verdict = { readonly there: true } | { readonly there: false; readonly why: string };

/** Null: not yet known. */
function verdictOf({ status }: Pod): Verdict | null {
  if (status?.reason === 'DeadlineExceeded') return { there: false, why: 'it took longer than deployer.pull' };
  const state = status?.containerStatuses?.[0]?.state;
  const { reason, message = '' } = state?.waiting ?? {};
  if (pullProblem(reason)) return { there: false, why: message === '' ? (reason ?? '') : message };
  if (state?.terminated !== undefined || state?.running !== undefined) return { there: true };
  return reason === undefined || beforePull.includes(reason) ? null : { there: true };
}
