/**
 * Changes the image of a Deployment, or of a pod in place, through the API server. Fence, base and image of a server are in
 * one object, and every patch names the version of it that was read; so the check of the fence and the change are one
 * step, and a patch that comes late is refused. Kubernetes then replaces the containers, and readiness is read back.
 */
import type { Artifact, RunningVersion } from '../../domain/artifact.ts';
import { sameBuild } from '../../domain/artifact.ts';
import { GrayError } from '../../domain/errors.ts';
import type { ServerSpec } from '../../domain/server.ts';
import type { KubernetesDeployerSpec } from '../../domain/spec.ts';
import { isUnreachable, readVersion } from '../version-probe.ts';
import { artifactMissing, deployFailed, versionMismatch } from './faults.ts';
import { imageProblem, refuseTags } from './image-name.ts';
import {
  artifactAnnotation,
  artifactIn,
  baseAnnotation,
  baseIn,
  type Claim,
  claimIn,
  digestAnnotation,
  type Pod,
  replacedAnnotation,
  versionAnnotation,
  type Workload,
} from './kubernetes/objects.ts';
import { checkPull } from './kubernetes/pull-check.ts';
import { becomeReady, missingIn } from './kubernetes/ready.ts';
import {
  assertHeld,
  change,
  claimServer,
  type Patch,
  podsOf,
  type Site,
  siteOf,
  workloadAt,
} from './kubernetes/site.ts';
import type { Availability, Deployer, DeployerContext, DeployOrder, ServerReading } from './port.ts';
import { type BaseRecord, recordedBase } from './process/records.ts';

const probeMs = 2_000;
/** One look whether an image can be had; a pull that takes longer goes on until the next look. */
const availableMs = 30_000;

export function kubernetesDeployer(spec: KubernetesDeployerSpec, context: DeployerContext): Deployer {
  const siteAt = (server: ServerSpec): Promise<Site> => siteOf(spec, context, server);
  return {
    read: async (server) => read(await siteAt(server)),
    deploy: async (order) => deploy(await siteAt(order.server), order),
    available: async (artifact, server) => available(await siteAt(server), artifact),
  };
}

async function read(site: Site): Promise<ServerReading> {
  const [answer, workload] = await Promise.all([
    readVersion(site.server, site.context.version, { timeoutMs: probeMs }),
    workloadAt(site),
  ]);
  const running = isUnreachable(answer) ? { running: null, reason: answer.unreachable } : { running: answer };
  return { ...running, base: recordedBase(baseIn(workload)), fence: claimIn(workload).fence };
}

async function available(site: Site, artifact: Artifact): Promise<Availability> {
  const problem = imageProblem(artifact);
  if (problem !== null) return { ok: false, reason: problem };
  try {
    await provide(site, artifact, Math.min(availableMs, site.spec.pullMs));
    return { ok: true };
  } catch (error) {
    if (error instanceof GrayError && !error.transient) return { ok: false, reason: error.message };
    throw error;
  }
}

/** The image by name and digest. Throws where nodes cannot pull it. */
async function provide(site: Site, artifact: Artifact, patienceMs: number): Promise<string> {
  refuseTags(artifact);
  const workload = await workloadAt(site);
  const reference = referenceOf(workload, artifact);
  if (site.spec.pullCheck && workload.image !== reference) {
    await checkPull(site, workload, { artifact, reference, patienceMs });
  }
  return reference;
}

/** Without a source it is another build of the image that runs. */
function referenceOf(workload: Workload, artifact: Artifact): string {
  if (artifact.source !== undefined) return artifact.source;
  const name = workload.image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  if (name === '') throw artifactMissing(artifact, 'it names no source, and the server has no image yet');
  return `${name}@${artifact.digest}`;
}

/** What an attempt that owns a server works with. */
interface Turn {
  readonly site: Site;
  readonly order: DeployOrder;
  readonly claim: Claim;
  readonly reference: string;
}

async function deploy(site: Site, order: DeployOrder): Promise<RunningVersion> {
  const { artifact, fence, signal, progress } = order;
  signal?.throwIfAborted();
  refuseTags(artifact);
  const claim = await claimServer(site, fence);
  progress?.('claimed');
  try {
    const reference = await provide(site, artifact, site.spec.pullMs);
    progress?.('image there');
    signal?.throwIfAborted();
    return await converge({ site, order, claim, reference });
  } catch (error) {
    throw await inWords(site, order, claim, error);
  }
}

async function converge(turn: Turn): Promise<RunningVersion> {
  const { site, order, claim, reference } = turn;
  const { artifact, signal, progress } = order;
  const changed = await switchOver(turn);
  const running = await becomeReady(site, { artifact, claim, reference, changed, signal });
  progress?.('ready');
  if (!sameBuild(running, artifact)) throw versionMismatch(site.server.id, artifact, running);
  return { version: running.version, digest: running.digest };
}

/** Base, what shall run, and the image, in one patch. True when the image was changed. */
async function switchOver({ site, order, claim, reference }: Turn): Promise<boolean> {
  const { artifact, progress } = order;
  const answer = await readVersion(site.server, site.context.version, { timeoutMs: probeMs, signal: order.signal });
  const running = isUnreachable(answer) ? null : answer;
  const seen = await workloadAt(site);
  assertHeld(site, seen, claim);
  const pods = await podsOf(site, seen);
  const base = baseToRecord(order, seen, running);
  const isThere = missingIn(seen, pods, { artifact, claim, reference, changed: false }) === null;
  const isRight = seen.image === reference && (isThere || artifactIn(seen)?.digest === artifact.digest);
  if (isRight && base === null) return false;
  await change(site, (workload) => {
    assertHeld(site, workload, claim);
    return patchFor(site, workload, { artifact, reference, base, image: isRight ? null : pods });
  });
  if (base !== null) progress?.('base recorded');
  if (!isRight) progress?.('image set');
  return !isRight;
}

interface Change {
  readonly artifact: Artifact;
  readonly reference: string;
  readonly base: BaseRecord | null;
  /** The pods whose image changes; null: it stays. */
  readonly image: readonly Pod[] | null;
}

function patchFor({ spec }: Site, workload: Workload, { artifact, reference, base, image }: Change): Patch {
  const recorded = base === null ? {} : { [baseAnnotation]: JSON.stringify(base) };
  if (image === null) return { metadata: { annotations: recorded } };
  const told = { [versionAnnotation]: artifact.version, [digestAnnotation]: artifact.digest };
  const wanted = { ...recorded, [artifactAnnotation]: JSON.stringify({ ...artifact, source: reference }) };
  const containers = [{ name: workload.container, image: reference }];
  if (spec.workload === 'pod') {
    const annotations = { ...wanted, ...told, [replacedAnnotation]: replacedBy(workload, image[0], reference) };
    return { metadata: { annotations }, spec: { containers } };
  }
  const template = { metadata: { annotations: told }, spec: { containers } };
  return { metadata: { annotations: wanted }, spec: { template } };
}

/**
 * `<container> <its image>` of the container that has to go, or `none`: a kubelet that has not acted yet on the last change
 * keeps a container whose image is wanted again.
 */
function replacedBy(workload: Workload, pod: Pod | undefined, reference: string): string {
  const now = pod?.status?.containerStatuses?.find(({ name }) => name === workload.container)?.containerID;
  if (now === undefined) return 'none';
  const [last, lastImage] = (workload.annotations[replacedAnnotation] ?? '').split(' ');
  const image = now === last && lastImage !== undefined ? lastImage : workload.image;
  return image === reference ? 'none' : `${now} ${image}`;
}

/** What a server says outweighs what was written down; where both name one build, the written record knows its source. */
function baseToRecord(
  { recordBase, release }: DeployOrder,
  workload: Workload,
  running: RunningVersion | null,
): BaseRecord | null {
  if (!recordBase || baseIn(workload)?.release === release) return null;
  const current = artifactIn(workload);
  const runsCurrent = running === null || running.digest === current?.digest;
  return { release, artifact: runsCurrent ? current : running };
}

/** A newer owner explains every other failure, so it is looked for first. */
async function inWords(site: Site, { artifact, signal }: DeployOrder, claim: Claim, error: unknown): Promise<unknown> {
  try {
    assertHeld(site, await workloadAt(site), claim);
  } catch (lost) {
    return lost;
  }
  if (error instanceof GrayError || signal?.aborted === true) return error;
  return deployFailed(site.server.id, artifact, error instanceof Error ? error.message : String(error), error);
}
