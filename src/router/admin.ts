/**
 * The admin side, JSON over HTTP: `GET /route` → state · `PUT /route` route → state · `POST /sessions/close`
 * {servers, fence} → {closed} · `GET /metrics`. Errors carry code, message and details.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { z } from 'zod';
import { parsedJson } from '../adapters/parsed-json.ts';
import { closeOrderSchema, routeSchema } from '../adapters/router/route-schema.ts';
import { GrayError, InvalidInput, staleFence } from '../domain/errors.ts';
import type { RouteState } from '../domain/route.ts';
import type { Clients } from './clients.ts';
import type { RouterConfig } from './config.ts';
import type { Health } from './health.ts';
import { type Listener, listener } from './listener.ts';
import type { RouterMetrics } from './metrics.ts';
import type { RouteHolder } from './route-holder.ts';
import type { Servers } from './servers.ts';

export interface AdminParts {
  readonly holder: Pick<RouteHolder, 'route' | 'apply' | 'alone'>;
  readonly servers: Servers;
  readonly health: Health;
  readonly metrics: RouterMetrics;
  readonly instance: string;
}

/** Long lists are welcome, an endless body is not. */
const maxBody = 32 * 1024 * 1024;

export function openAdmin(parts: AdminParts, config: RouterConfig['admin']): Promise<Listener> {
  if ('socket' in config) return listener(createServer(adminListener(parts, null)), config);
  const token = process.env[config.tokenEnv];
  if (token === undefined || token === '') {
    const problem = { path: 'admin.tokenEnv', message: `environment variable ${config.tokenEnv} is not set` };
    throw new InvalidInput('router configuration', [problem]);
  }
  return listener(createServer(adminListener(parts, token)), config);
}

interface Counted {
  readonly metrics: RouterMetrics;
  readonly clients: Clients | null;
}

/** Only GET /metrics and GET /clients, for a scraper that has no token. */
export const openMetrics = ({ metrics, clients }: Counted, at: { host: string; port: number }): Promise<Listener> =>
  listener(
    createServer(({ method, url }, response) => {
      if (method === 'GET' && url === '/metrics') void answerMetrics(metrics, response);
      else if (method === 'GET' && url === '/clients' && clients !== null)
        response.writeHead(200, { 'content-type': 'text/plain' }).end(clients.text());
      else answer(response, 404, { code: 'notFound', message: 'only GET /metrics and GET /clients' });
    }),
    at,
  );

const adminListener = (parts: AdminParts, token: string | null): RequestListener => {
  return (request, response) => {
    if (token !== null && !authorised(request, token)) {
      answer(response, 401, { code: 'unauthorised', message: 'the admin token is missing or wrong' });
    } else {
      void handle(parts, request, response).catch((error: unknown) => answerError(response, error));
    }
  };
};

async function handle(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /route':
      return answer(response, 200, state(parts));
    case 'PUT /route': {
      const desired = await body(request, routeSchema);
      await parts.holder.apply(desired, (entering) => parts.health.prove(parts.servers.named(entering)));
      return answer(response, 200, state(parts));
    }
    case 'POST /sessions/close': {
      const order = await body(request, closeOrderSchema);
      return answer(response, 200, { closed: await closeSessions(parts, order) });
    }
    case 'GET /metrics':
      return answerMetrics(parts.metrics, response);
    default:
      return answer(response, 404, { code: 'notFound', message: `${request.method} ${request.url} is unknown here` });
  }
}

/** A newer write may have given the servers new users, so an older order closes nothing. */
const closeSessions = ({ holder, servers }: AdminParts, order: z.infer<typeof closeOrderSchema>) =>
  holder.alone(() => {
    if (order.fence !== holder.route.fence) throw staleFence(order.fence, holder.route.fence, 'the router');
    return servers.closeSessions(order.servers);
  });

const state = ({ holder, servers, instance }: AdminParts): RouteState => ({
  route: holder.route,
  instance,
  servers: servers.traffic(),
});

async function body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxBody) throw new InvalidInput('admin call', [{ path: '', message: `longer than ${maxBody} bytes` }]);
    chunks.push(chunk);
  }
  const parsed = schema.safeParse(parsedJson(Buffer.concat(chunks).toString('utf8')));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new InvalidInput('admin call', problems);
}

async function answerMetrics({ registry }: RouterMetrics, response: ServerResponse): Promise<void> {
  const text = await registry.metrics();
  response.writeHead(200, { 'content-type': registry.contentType }).end(text);
}

function answer(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(content)}\n`);
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else if (error instanceof GrayError) {
    const { code, message, details } = error;
    answer(response, code === 'staleFence' ? 409 : 422, { code, message, details });
  } else {
    const message = error instanceof Error ? error.message : String(error);
    answer(response, 500, { code: 'defect', message });
  }
}

function authorised({ headers }: IncomingMessage, token: string): boolean {
  const told = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return told.length === wanted.length && timingSafeEqual(told, wanted);
}
