/**
 * Stand-ins, named as such wherever they are used. The API server: Deployments and pods over HTTP with resourceVersion, generation,
 * strategic merge, label selectors, bearer tokens and schemas. The Deployment controller, and a kubelet whose containers are no
 * processes: a Service per server answers what its ready pods would.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import {
  type ClusterObject,
  type ContainerStatus,
  checked,
  type DeploymentObject,
  merged,
  type PodObject,
  restricted,
} from './cluster-objects.ts';
import { portOf } from './ports.ts';

export const tokens = { right: 'right', reader: 'reader', victim: 'victim' } as const;

/** How long controllers and kubelets take for a step. */
const stepMs = 10;

export interface ImageContent {
  readonly version: string;
  readonly fault?: 'failStart' | 'lie' | 'deaf' | undefined;
}

interface Reply {
  readonly status: number;
  readonly content: unknown;
}

const failure = (status: number, reason: string, message: string): Reply => ({
  status,
  content: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: status },
});

const pods = '/api/v1/namespaces/shop/pods';
const deployments = '/apis/apps/v1/namespaces/shop/deployments';

export class Cluster {
  /** What can be pulled, by name and digest. */
  readonly registry = new Map<string, ImageContent>();
  /** What was pulled. */
  readonly #node = new Set<string>();
  readonly objects = new Map<string, ClusterObject>();
  /** Called before a write of the victim; a promise holds it up, `cut` ends the victim's access. */
  onVictim: (effect: string) => Promise<void> | 'cut' | undefined = () => undefined;
  readonly #services: Server[] = [];
  #api: Server | undefined;
  #port = 0;
  #count = 100;
  #isVictimCut = false;
  #timers = new Set<NodeJS.Timeout>();

  async start(): Promise<string> {
    this.#api = createServer((asked, response) => void this.#answer(asked, response));
    return `http://127.0.0.1:${await listen(this.#api)}`;
  }

  /** Nobody listens at the API server's port. */
  async pause(): Promise<void> {
    const api = this.#api;
    if (api === undefined) return;
    this.#port = portOf(api);
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  }

  async resume(): Promise<void> {
    await new Promise<void>((resolve) => this.#api?.listen(this.#port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const server of [...this.#services, ...(this.#api === undefined ? [] : [this.#api])]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** The port of the Service of a new Deployment or pod, whose image cannot be pulled. */
  async add(name: string, kind: 'deployment' | 'pod', strategy: 'Recreate' | 'RollingUpdate'): Promise<number> {
    const spec = { containers: [{ name: 'app', image: 'registry.example/nothing:yet' }] };
    const labels = { server: name };
    if (kind === 'pod')
      this.#put(`${pods}/${name}`, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec });
    else {
      this.#put(`${deployments}/${name}`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name },
        spec: {
          replicas: 1,
          strategy: { type: strategy },
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec },
        },
      });
    }
    const service = createServer((_, response) => this.#serve(name, response));
    this.#services.push(service);
    return listen(service);
  }

  /** Ids of the containers that serve. */
  serving(server: string): readonly string[] {
    return this.#podsOf(server).flatMap(({ status }) =>
      (status?.containerStatuses ?? []).flatMap(({ ready, containerID }) => (ready ? [containerID ?? ''] : [])),
    );
  }

  /** Every container of the server ends; the kubelet waits until somebody writes before it starts it again. */
  kill(server: string): void {
    for (const pod of this.#podsOf(server)) {
      this.#tell(pod, { ready: false, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } } });
    }
  }

  forget(reference: string): void {
    this.registry.delete(reference);
    this.#node.delete(reference);
  }

  #podsOf(server: string): PodObject[] {
    return [...this.objects.values()].filter(
      (one): one is PodObject => one.kind === 'Pod' && one.metadata.labels?.server === server,
    );
  }

  #serve(server: string, response: ServerResponse): void {
    const ready = this.#podsOf(server).find(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && status?.containerStatuses[0]?.ready === true,
    );
    const content = this.registry.get(ready?.status?.containerStatuses[0]?.image ?? '');
    if (ready === undefined || content === undefined || content.fault === 'deaf') {
      response.writeHead(503).end();
      return;
    }
    const version = content.fault === 'lie' ? '0.0.1' : content.version;
    response.end(JSON.stringify({ version, digest: ready.metadata.annotations?.['gray-release/digest'] }));
  }

  async #answer(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const token = asked.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (token === tokens.victim && asked.method !== 'GET') {
      const met = this.onVictim(asked.method ?? '');
      if (met === 'cut') this.#isVictimCut = true;
      else await met;
    }
    if (token === tokens.victim && this.#isVictimCut) return void asked.socket.destroy();
    const { status, content } = this.#reply(asked, token, Buffer.concat(chunks).toString());
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  }

  /** A new attempt has access again. */
  mendVictim(): void {
    this.#isVictimCut = false;
  }

  #reply({ method = '', url = '', headers }: IncomingMessage, token: string, body: string): Reply {
    const { pathname, searchParams } = new URL(url, 'http://api');
    if (!Object.values<string>(tokens).includes(token)) return failure(401, 'Unauthorized', 'Unauthorized');
    if (token === tokens.reader && method !== 'GET') {
      return failure(403, 'Forbidden', `cannot ${method.toLowerCase()} ${pathname}`);
    }
    if (pathname === pods && method === 'GET') return this.#list(searchParams.get('labelSelector') ?? '');
    if (pathname === pods && method === 'POST') return this.#create(JSON.parse(body));
    const object = this.objects.get(pathname);
    if (object === undefined) return failure(404, 'NotFound', `${pathname} not found`);
    if (method === 'GET') return { status: 200, content: object };
    if (method === 'DELETE') return this.#remove(pathname, object);
    if (headers['content-type'] !== 'application/strategic-merge-patch+json') {
      return failure(415, 'UnsupportedMediaType', 'not a strategic merge patch');
    }
    return this.#patch(pathname, object, JSON.parse(body));
  }

  #list(selector: string): Reply {
    const [name = '', value] = selector.split('=');
    const items = [...this.objects.values()].filter(
      ({ kind, metadata }) => kind === 'Pod' && metadata.labels?.[name] === value,
    );
    return { status: 200, content: { kind: 'PodList', apiVersion: 'v1', items } };
  }

  #create(object: unknown): Reply {
    const pod = checked(object);
    if (typeof pod === 'string' || pod.kind !== 'Pod') return failure(422, 'Invalid', String(pod));
    const insecure = restricted(pod);
    if (insecure !== null) return failure(403, 'Forbidden', insecure);
    const path = `${pods}/${pod.metadata.name}`;
    if (this.objects.has(path)) return failure(409, 'AlreadyExists', `pods "${pod.metadata.name}" already exists`);
    return { status: 201, content: this.#put(path, pod) };
  }

  #remove(path: string, object: ClusterObject): Reply {
    this.objects.delete(path);
    return { status: 200, content: object };
  }

  #patch(path: string, object: ClusterObject, patch: { metadata?: { resourceVersion?: string } }): Reply {
    const named = patch.metadata?.resourceVersion;
    if (named !== undefined && named !== object.metadata.resourceVersion) {
      return failure(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
    }
    const changed = checked(JSON.parse(JSON.stringify(merged(object, patch))), object);
    if (typeof changed === 'string') return failure(422, 'Invalid', changed);
    return { status: 200, content: this.#put(path, changed) };
  }

  #put(path: string, object: ClusterObject): ClusterObject {
    const before = this.objects.get(path);
    this.#count += 1;
    const same = before !== undefined && isDeepStrictEqual(before.spec, object.spec);
    const generation = (before?.metadata.generation ?? 0) + (same ? 0 : 1);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#count), generation } };
    this.objects.set(path, stored);
    if (stored.kind === 'Deployment') this.#soon(() => this.#roll(path));
    else this.#soon(() => this.#sync(path));
    return stored;
  }

  #soon(act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, stepMs);
    this.#timers.add(timer);
  }

  /** The Deployment controller. */
  #roll(path: string): void {
    const deployment = this.objects.get(path);
    if (deployment?.kind !== 'Deployment' || deployment.spec.paused === true) return;
    const { generation = 0 } = deployment.metadata;
    if (deployment.status?.observedGeneration !== generation) {
      this.#tellDeployment(path, deployment, generation);
    }
    const all = this.#podsOf(deployment.spec.selector.matchLabels.server ?? '');
    const isNew = ({ spec, metadata }: PodObject) =>
      isDeepStrictEqual(spec, deployment.spec.template.spec) &&
      isDeepStrictEqual(metadata.annotations ?? {}, deployment.spec.template.metadata.annotations ?? {});
    const [fresh] = all.filter((pod) => isNew(pod) && pod.metadata.deletionTimestamp === undefined);
    const old = all.filter((pod) => pod !== fresh);
    const isReady = fresh?.status?.containerStatuses[0]?.ready === true;
    if (deployment.spec.strategy.type === 'Recreate' || isReady) for (const pod of old) this.#end(pod);
    if (fresh === undefined && (deployment.spec.strategy.type === 'RollingUpdate' || old.length === 0)) {
      this.#newPod(deployment);
    }
    for (const pod of all.filter((one) => one === fresh)) this.#wake(pod);
    if (old.length > 0 || !isReady) this.#again(path, generation);
  }

  /** Pods of a newer template are somebody else's business. */
  #again(path: string, generation: number): void {
    this.#soon(() => {
      if (this.objects.get(path)?.metadata.generation === generation) this.#roll(path);
    });
  }

  #tellDeployment(path: string, deployment: DeploymentObject, observedGeneration: number): void {
    this.#count += 1;
    const metadata = { ...deployment.metadata, resourceVersion: String(this.#count) };
    this.objects.set(path, { ...deployment, metadata, status: { observedGeneration } });
  }

  #newPod({ metadata, spec }: DeploymentObject): void {
    this.#count += 1;
    const name = `${metadata.name}-${this.#count}`;
    const { labels, annotations } = spec.template.metadata;
    const known = { name, labels, ...(annotations && { annotations }) };
    this.#put(`${pods}/${name}`, { apiVersion: 'v1', kind: 'Pod', metadata: known, spec: spec.template.spec });
  }

  #end(pod: PodObject): void {
    const path = `${pods}/${pod.metadata.name}`;
    if (pod.metadata.deletionTimestamp !== undefined) return;
    this.objects.set(path, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString() } });
    this.#soon(() => this.objects.delete(path));
  }

  #wake(pod: PodObject): void {
    if (pod.status?.containerStatuses[0]?.state.waiting?.reason === 'CrashLoopBackOff') {
      this.#soon(() => this.#sync(`${pods}/${pod.metadata.name}`));
    }
  }

  /** The kubelet. */
  #sync(path: string): void {
    const pod = this.objects.get(path);
    const [wanted] = pod?.kind === 'Pod' ? pod.spec.containers : [];
    if (pod?.kind !== 'Pod' || wanted === undefined) return;
    const now = pod.status?.containerStatuses[0];
    if (now?.image === wanted.image && now.state.running !== undefined) return;
    const content = this.registry.get(wanted.image);
    if (content === undefined && !this.#node.has(wanted.image)) {
      const message = `rpc error: failed to resolve reference "${wanted.image}": not found`;
      this.#tell(pod, { image: wanted.image, state: { waiting: { reason: 'ErrImagePull', message } } });
      return;
    }
    this.#node.add(wanted.image);
    this.#count += 1;
    const run = { image: wanted.image, imageID: wanted.image, containerID: `containerd://${this.#count}` };
    if (wanted.command !== undefined) {
      const message = `exec: "${wanted.command[0]}": stat ${wanted.command[0]}: no such file or directory`;
      this.#tell(pod, {
        ...run,
        ready: false,
        state: { terminated: { exitCode: 128, reason: 'StartError', message } },
      });
    } else if (content?.fault === 'failStart') {
      const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' };
      this.#tell(pod, { ...run, ready: false, restartCount: 1, state: { waiting } });
    } else {
      this.#tell(pod, { ...run, ready: true, state: { running: { startedAt: new Date().toISOString() } } });
    }
  }

  #tell(pod: PodObject, change: Partial<ContainerStatus>): void {
    const path = `${pods}/${pod.metadata.name}`;
    const now = this.objects.get(path);
    if (now?.kind !== 'Pod') return;
    const { name = '' } = now.spec.containers[0] ?? {};
    const before = now.status?.containerStatuses[0] ?? { image: '', imageID: '', restartCount: 0, state: {} };
    this.#count += 1;
    const metadata = { ...now.metadata, resourceVersion: String(this.#count) };
    this.objects.set(path, {
      ...now,
      metadata,
      status: { containerStatuses: [{ ...before, ready: false, name, ...change }] },
    });
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}
