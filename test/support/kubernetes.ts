/**
 * Two stand-ins, named as such wherever they are used. The API server: objects over HTTP with resourceVersion, generation,
 * merge patches, label selectors, bearer tokens, and the documented limits of HTTPRoute as a schema. The gateway: takes
 * the HTTPRoute over, reports its conditions and follows its rules by the precedence that the Gateway API asks for.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { type HttpRouteObject, type KubeObject, problemsOf, ruleFor } from './kubernetes-objects.ts';
import { portOf } from './ports.ts';

export const rightToken = 'right';
/** May read and not write. */
export const readerToken = 'reader';

/** What somebody who sets the route up writes: everybody to the Service of pool a. */
const ruleBefore = {
  matches: [{ path: { type: 'PathPrefix', value: '/' } }],
  filters: [],
  backendRefs: [{ group: '', kind: 'Service', name: 'shop-a', port: 80, weight: 1 }],
};

interface Reply {
  readonly status: number;
  readonly content: unknown;
}

const failure = (status: number, reason: string, message: string): Reply => ({
  status,
  content: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: status },
});

export class ApiServer {
  readonly route: HttpRouteObject;
  readonly pods: Map<string, KubeObject>;
  readonly services: Map<string, KubeObject>;
  /** Called before each patch is looked at; a promise freezes its writer. */
  onPatch: (path: string) => void | Promise<void> = () => undefined;
  /** Called after each patch took effect; true loses the reply. */
  loseReply: (path: string) => boolean = () => false;
  /** Every so many reads of a pod, a kubelet touches it. */
  kubeletEvery = 0;
  #reads = 0;
  #version = 100;
  #server: Server | undefined;

  constructor(pods: readonly string[], out: readonly string[]) {
    this.route = {
      kind: 'HTTPRoute',
      metadata: this.#metadata('shop'),
      spec: { parentRefs: [{ name: 'public' }], hostnames: ['shop.example'], rules: [ruleBefore] },
    };
    this.services = new Map(
      ['a', 'b'].map((pool) => {
        const spec = { selector: { app: 'shop', 'gray-release/pool': pool }, ports: [{ port: 80 }] };
        return [`shop-${pool}`, { kind: 'Service', metadata: this.#metadata(`shop-${pool}`), spec }];
      }),
    );
    this.pods = new Map(
      pods.map((name) => {
        const labels = { app: 'shop', 'gray-release/pool': out.includes(name) ? 'out' : 'a' };
        const status = { conditions: [{ type: 'Ready', status: 'True' }] };
        return [name, { kind: 'Pod', metadata: { ...this.#metadata(name), labels }, spec: {}, status }];
      }),
    );
  }

  async start(): Promise<string> {
    const server = createServer((asked, response) => void this.#answer(asked, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    return `http://127.0.0.1:${portOf(server)}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Somebody else changes an object. */
  touch(object: KubeObject): void {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
  }

  #metadata(name: string) {
    this.#version += 1;
    return { name, uid: `uid-${name}`, resourceVersion: String(this.#version), generation: 1 };
  }

  async #answer(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://api');
    const { status, content } = await this.#reply(asked, pathname, searchParams, Buffer.concat(chunks).toString());
    if (asked.method === 'PATCH' && status === 200 && this.loseReply(pathname)) {
      response.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  }

  async #reply(asked: IncomingMessage, path: string, query: URLSearchParams, body: string): Promise<Reply> {
    const token = asked.headers.authorization?.replace(/^Bearer /, '');
    if (token !== rightToken && token !== readerToken) return failure(401, 'Unauthorized', 'Unauthorized');
    if (path === '/api/v1/namespaces/shop/pods' && asked.method === 'GET') {
      const [key = '', value] = (query.get('labelSelector') ?? '').split('=');
      const items = [...this.pods.values()].filter(({ metadata }) => metadata.labels?.[key] === value);
      return { status: 200, content: { kind: 'PodList', apiVersion: 'v1', items } };
    }
    const object = this.#find(path);
    if (object === undefined) return failure(404, 'NotFound', `${path} not found`);
    if (asked.method === 'GET') return { status: 200, content: this.#read(object) };
    if (asked.method !== 'PATCH') return failure(405, 'MethodNotAllowed', 'not here');
    if (token === readerToken) return failure(403, 'Forbidden', `cannot patch ${path}`);
    if (asked.headers['content-type'] !== 'application/merge-patch+json') {
      return failure(415, 'UnsupportedMediaType', 'not a merge patch');
    }
    await this.onPatch(path);
    return this.#patch(object, JSON.parse(body));
  }

  #find(path: string): KubeObject | undefined {
    if (path === '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/shop') return this.route;
    const service = /^\/api\/v1\/namespaces\/shop\/services\/([a-z0-9-]+)$/.exec(path)?.[1];
    if (service !== undefined) return this.services.get(service);
    return this.pods.get(/^\/api\/v1\/namespaces\/shop\/pods\/([a-z0-9-]+)$/.exec(path)?.[1] ?? '');
  }

  #read(object: KubeObject): unknown {
    const copy = structuredClone(object);
    this.#reads += 1;
    if (object.kind === 'Pod' && this.kubeletEvery > 0 && this.#reads % this.kubeletEvery === 0) this.touch(object);
    return copy;
  }

  #patch(object: KubeObject, patch: KubeObject): Reply {
    const named = patch.metadata?.resourceVersion;
    if (named !== undefined && named !== object.metadata.resourceVersion) {
      return failure(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
    }
    const merged: KubeObject = JSON.parse(JSON.stringify(merge(object, patch)));
    const problems = problemsOf(merged);
    if (problems.length > 0) return failure(422, 'Invalid', problems.join('; '));
    if (!isDeepStrictEqual(object.spec, merged.spec))
      merged.metadata.generation = (object.metadata.generation ?? 0) + 1;
    Object.assign(object, merged);
    this.touch(object);
    return { status: 200, content: structuredClone(object) };
  }
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isGroup(patch)) return patch;
  const merged: Record<string, unknown> = isGroup(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Follows the route of `api`; pods of a pool take turns. */
export class Gateway {
  readonly #api: ApiServer;
  readonly #addresses: ReadonlyMap<string, number>;
  /** What it says of the route, instead of the truth. */
  says: { readonly status: string; readonly reason: string } | null = null;
  /** It no longer looks at the API server. */
  asleep = false;
  /** What it has taken over last. */
  #rules: readonly unknown[] = [];
  #turn = 0;
  #server: Server | undefined;

  /** `addresses`: the port of each pod. */
  constructor(api: ApiServer, addresses: ReadonlyMap<string, number>) {
    this.#api = api;
    this.#addresses = addresses;
  }

  async start(): Promise<string> {
    const server = createServer((asked, response) => this.#forward(asked, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    return `http://127.0.0.1:${portOf(server)}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Takes the newest route over, as a controller does after each change. */
  reconcile(): void {
    if (this.asleep) return;
    const { route } = this.#api;
    const { generation = 0 } = route.metadata;
    const said = this.says ?? { status: 'True', reason: 'Accepted' };
    const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({ type, ...said, observedGeneration: generation }));
    const status = { parents: [{ controllerName: 'test/gateway', conditions }] };
    if (this.says === null) this.#rules = route.spec.rules;
    if (isDeepStrictEqual(route.status, status)) return;
    route.status = status;
    this.#api.touch(route);
  }

  #forward(asked: IncomingMessage, response: ServerResponse): void {
    this.reconcile();
    const rule = ruleFor(this.#rules, asked.headers);
    const pool = /-(a|b)$/.exec(rule?.backendRefs[0]?.name ?? '')?.[1];
    const ready = [...this.#api.pods.values()].filter(
      ({ metadata, status }) =>
        metadata.labels?.['gray-release/pool'] === pool && status?.conditions?.[0]?.status === 'True',
    );
    const name = ready[this.#turn++ % ready.length]?.metadata.name;
    if (rule === undefined || name === undefined) {
      response.writeHead(rule === undefined ? 404 : 503).end();
      return;
    }
    const set = Object.fromEntries(
      rule.filters.flatMap((filter) =>
        filter.type === 'ResponseHeaderModifier'
          ? (filter.responseHeaderModifier.set ?? []).map((header) => [header.name, header.value])
          : [],
      ),
    );
    const { method, url, headers } = asked;
    const order = { host: '127.0.0.1', port: this.#addresses.get(name), method, path: url, headers, agent: false };
    const sent = request(order, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...set });
      answer.pipe(response);
    });
    sent.once('error', () => response.writeHead(502).end());
    asked.pipe(sent);
  }
}
