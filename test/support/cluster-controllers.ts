/** What happens in the stand-in cluster after a write: a Deployment controller, and a kubelet whose containers are no processes. */
import { isDeepStrictEqual } from 'node:util';
import type { ContainerStatus, DeploymentObject, PodObject } from './cluster-objects.ts';
import { type ClusterStore, podsPath } from './cluster-store.ts';

export function follow(store: ClusterStore, path: string): void {
  const object = store.objects.get(path);
  if (object?.kind === 'Deployment') roll(store, path, object);
  if (object?.kind === 'Pod') sync(store, object);
}

/** The kubelet's word on the pod's container. */
export function tell(store: ClusterStore, pod: PodObject, change: Partial<ContainerStatus>): void {
  const path = pathOf(pod);
  const now = store.objects.get(path);
  if (now?.kind !== 'Pod') return;
  const { name = '' } = now.spec.containers[0] ?? {};
  const before = now.status?.containerStatuses[0] ?? { image: '', imageID: '', restartCount: 0, state: {} };
  store.keep(path, { ...now, status: { containerStatuses: [{ ...before, ready: false, name, ...change }] } });
}

const pathOf = ({ metadata }: PodObject): string => `${podsPath}/${metadata.name}`;

function roll(store: ClusterStore, path: string, deployment: DeploymentObject): void {
  const { metadata, spec, status } = deployment;
  const { generation = 0 } = metadata;
  if (spec.paused === true) return;
  if (status?.observedGeneration !== generation) {
    store.keep(path, { ...deployment, status: { observedGeneration: generation } });
  }
  const all = store.podsOf(spec.selector.matchLabels.server ?? '');
  const fresh = all.find((pod) => isOfTemplate(pod, deployment));
  const old = all.filter((pod) => pod !== fresh);
  const isReady = fresh?.status?.containerStatuses[0]?.ready === true;
  if (spec.strategy.type === 'Recreate' || isReady) for (const pod of old) end(store, pod);
  if (fresh !== undefined) wake(store, fresh);
  else if (spec.strategy.type === 'RollingUpdate' || old.length === 0) newPod(store, deployment);
  if (old.length === 0 && isReady) return;
  store.soon(() => {
    // A newer template has its own round.
    if (store.objects.get(path)?.metadata.generation === generation) follow(store, path);
  });
}

const isOfTemplate = ({ metadata, spec }: PodObject, { spec: { template } }: DeploymentObject): boolean =>
  metadata.deletionTimestamp === undefined &&
  isDeepStrictEqual(spec, template.spec) &&
  isDeepStrictEqual(metadata.annotations ?? {}, template.metadata.annotations ?? {});

function newPod(store: ClusterStore, { metadata, spec }: DeploymentObject): void {
  const name = `${metadata.name}-${store.next()}`;
  const { labels, annotations } = spec.template.metadata;
  const known = { name, labels, ...(annotations && { annotations }) };
  store.put(`${podsPath}/${name}`, { apiVersion: 'v1', kind: 'Pod', metadata: known, spec: spec.template.spec });
}

function end(store: ClusterStore, pod: PodObject): void {
  if (pod.metadata.deletionTimestamp !== undefined) return;
  const metadata = { ...pod.metadata, deletionTimestamp: new Date().toISOString() };
  store.keep(pathOf(pod), { ...pod, metadata });
  store.soon(() => store.objects.delete(pathOf(pod)));
}

/** A back-off ends when somebody writes. */
function wake(store: ClusterStore, pod: PodObject): void {
  if (pod.status?.containerStatuses[0]?.state.waiting?.reason !== 'CrashLoopBackOff') return;
  store.soon(() => follow(store, pathOf(pod)));
}

function sync(store: ClusterStore, pod: PodObject): void {
  const [wanted] = pod.spec.containers;
  const now = pod.status?.containerStatuses[0];
  if (wanted === undefined || (now?.image === wanted.image && now.state.running !== undefined)) return;
  const { image, command } = wanted;
  const content = store.registry.get(image);
  if (content === undefined && !store.node.has(image)) {
    const message = `rpc error: failed to resolve reference "${image}": not found`;
    tell(store, pod, { image, state: { waiting: { reason: 'ErrImagePull', message } } });
    return;
  }
  if (content?.isSlow === true) {
    tell(store, pod, { image, state: { waiting: { reason: 'ContainerCreating' } } });
    store.soon(() => follow(store, pathOf(pod)));
    return;
  }
  store.node.add(image);
  const run = { image, imageID: image, containerID: `containerd://${store.next()}` };
  if (command !== undefined) {
    const message = `exec: "${command[0]}": stat ${command[0]}: no such file or directory`;
    tell(store, pod, { ...run, state: { terminated: { exitCode: 128, reason: 'StartError', message } } });
  } else if (content?.fault === 'failStart') {
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' };
    tell(store, pod, { ...run, restartCount: 1, state: { waiting } });
  } else {
    tell(store, pod, { ...run, ready: true, state: { running: { startedAt: new Date().toISOString() } } });
  }
}
