/**
 * Stand-ins, named as such wherever they are used. The API server: Deployments and pods over HTTP with resourceVersion, generation,
 * strategic merge, label selectors, bearer tokens and schemas; controllers and a kubelet behind it; and a Service per server
 * that answers what its ready pods would.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { follow, tell } from './cluster-controllers.ts';
import { type ClusterObject, checked, merged, restricted } from './cluster-objects.ts';
import { ClusterStore, deploymentsPath, podsPath } from './cluster-store.ts';
import { portOf } from './ports.ts';

export type { ImageContent } from './cluster-store.ts';

export const tokens = { right: 'right', reader: 'reader', victim: 'victim' } as const;

interface Reply {
  readonly status: number;
  readonly content: unknown;
}

const failure = (status: number, reason: string, message: string): Reply => ({
  status,
  content: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: status },
});

export class Cluster {
  readonly #store = new ClusterStore(follow);
  readonly registry = this.#store.registry;
  readonly objects = this.#store.objects;
  /** Called before a write of the victim; a promise holds it up, `cut` ends the victim's access. */
  onVictim: (effect: string) => Promise<void> | 'cut' | undefined = () => undefined;
  readonly #services: Server[] = [];
  readonly #api = createServer((asked, response) => void this.#answer(asked, response));
  #port = 0;
  #isVictimCut = false;

  async start(): Promise<string> {
    this.#port = await listen(this.#api);
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Nobody listens at the API server's port. */
  pause(): Promise<void> {
    return close(this.#api);
  }

  async resume(): Promise<void> {
    await listen(this.#api, this.#port);
  }

  async stop(): Promise<void> {
    this.#store.stop();
    for (const server of [...this.#services, this.#api]) await close(server);
  }

  /** The port of the Service of a new Deployment or pod, whose image cannot be pulled. */
  async add(name: string, kind: 'deployment' | 'pod', strategy: 'Recreate' | 'RollingUpdate'): Promise<number> {
    const spec = { containers: [{ name: 'app', image: 'registry.example/nothing:yet' }] };
    const labels = { server: name };
    if (kind === 'pod') {
      this.#store.put(`${podsPath}/${name}`, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec });
    } else {
      this.#store.put(`${deploymentsPath}/${name}`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, labels },
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
    return this.#store
      .podsOf(server)
      .flatMap(({ status }) =>
        (status?.containerStatuses ?? []).flatMap(({ ready, containerID }) => (ready ? [containerID ?? ''] : [])),
      );
  }

  /** Every container of the server ends; the kubelet waits until somebody writes before it starts it again. */
  kill(server: string): void {
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off' };
    for (const pod of this.#store.podsOf(server)) tell(this.#store, pod, { state: { waiting } });
  }

  /** Controllers and kubelet do nothing meanwhile. */
  sleep(isAsleep: boolean): void {
    this.#store.sleep(isAsleep);
  }

  forget(reference: string): void {
    this.#store.registry.delete(reference);
    this.#store.node.delete(reference);
  }

  /** A new attempt has access again. */
  mendVictim(): void {
    this.#isVictimCut = false;
  }

  #serve(server: string, response: ServerResponse): void {
    const ready = this.#store
      .podsOf(server)
      .find(
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

  #reply({ method = '', url = '', headers }: IncomingMessage, token: string, body: string): Reply {
    const { pathname, searchParams } = new URL(url, 'http://api');
    if (!Object.values<string>(tokens).includes(token)) return failure(401, 'Unauthorized', 'Unauthorized');
    if (token === tokens.reader && method !== 'GET') {
      return failure(403, 'Forbidden', `cannot ${method.toLowerCase()} ${pathname}`);
    }
    const listed = listedKinds[pathname];
    if (listed !== undefined && method === 'GET') return this.#list(listed, searchParams.get('labelSelector') ?? '');
    if (pathname === podsPath && method === 'POST') return this.#create(JSON.parse(body));
    const object = this.objects.get(pathname);
    if (object === undefined) return failure(404, 'NotFound', `${pathname} not found`);
    if (method === 'DELETE') this.objects.delete(pathname);
    if (method === 'GET' || method === 'DELETE') return { status: 200, content: object };
    if (headers['content-type'] !== 'application/strategic-merge-patch+json') {
      return failure(415, 'UnsupportedMediaType', 'not a strategic merge patch');
    }
    return this.#patch(pathname, object, JSON.parse(body));
  }

  #list(wanted: ClusterObject['kind'], selector: string): Reply {
    const labels = selector.split(',').map((label) => label.split('='));
    const items = [...this.objects.values()].filter(
      ({ kind, metadata }) =>
        kind === wanted && labels.every(([name = '', value]) => metadata.labels?.[name] === value),
    );
    return { status: 200, content: { kind: `${wanted}List`, items } };
  }

  #create(object: unknown): Reply {
    const pod = checked(object);
    if (typeof pod === 'string' || pod.kind !== 'Pod') return failure(422, 'Invalid', String(pod));
    const insecure = restricted(pod);
    if (insecure !== null) return failure(403, 'Forbidden', insecure);
    const path = `${podsPath}/${pod.metadata.name}`;
    if (this.objects.has(path)) return failure(409, 'AlreadyExists', `pods "${pod.metadata.name}" already exists`);
    return { status: 201, content: this.#store.put(path, pod) };
  }

  #patch(path: string, object: ClusterObject, patch: { metadata?: { resourceVersion?: string } }): Reply {
    const named = patch.metadata?.resourceVersion;
    if (named !== undefined && named !== object.metadata.resourceVersion) {
      return failure(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
    }
    const changed = checked(JSON.parse(JSON.stringify(merged(object, patch))), object);
    if (typeof changed === 'string') return failure(422, 'Invalid', changed);
    return { status: 200, content: this.#store.put(path, changed) };
  }
}

const listedKinds: Readonly<Record<string, ClusterObject['kind']>> = {
  [podsPath]: 'Pod',
  [deploymentsPath]: 'Deployment',
};

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return portOf(server);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
