/**
 * Answers, for one request at a time, which server it goes to. A proxy asks with the headers of its request; the answer
 * is 200 with `x-gray-server`, `x-gray-pool`, `x-gray-arm` and more, or 503 when no server serves. `x-gray-tried` names
 * the server that just failed this request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Health } from '../router/health.ts';
import type { ReadIdentity } from '../router/identity.ts';
import { type Listener, listener } from '../router/listener.ts';
import type { RouterMetrics } from '../router/metrics.ts';
import { routeHeaders } from '../router/route-headers.ts';
import type { RouteHolder } from '../router/route-holder.ts';
import type { BackendServer, Servers } from '../router/servers.ts';

export interface DecisionParts {
  readonly holder: RouteHolder;
  readonly servers: Servers;
  readonly health: Health;
  readonly metrics: RouterMetrics;
  readonly identity: ReadIdentity;
}

/** As much as Caddy takes from a client by default. */
const maxHeaderSize = 1024 * 1024;

export function openDecisions(parts: DecisionParts, at: { host: string; port: number }): Promise<Listener> {
  const server = createServer({ maxHeaderSize }, (request, response) => {
    request.resume();
    void decide(parts, request, response);
  });
  // Longer than a proxy keeps an idle connection, so that it is never cut while a question is on its way.
  server.keepAliveTimeout = 300_000;
  return listener(server, at);
}

async function decide(parts: DecisionParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { holder, servers, health, identity, metrics } = parts;
  const tried = triedBy(request);
  // Its failure may be news, and then the other pool may have to stand in.
  await Promise.all(servers.named(tried).map((server) => health.check(server)));
  const { route } = holder;
  const arm = holder.armOf(identity(request.headers), request.headers);
  const first = servers.choose(route, arm, new Set(tried));
  const refused = first !== null && hasBody(request) && !(await connects(first.server));
  if (refused) health.unreachable(first.server);
  const choice = refused ? servers.choose(route, arm, new Set([...tried, first.server.id])) : first;
  const counted = isProbe(request) ? null : metrics;
  counted?.request({ arm, pool: choice?.pool ?? 'none', server: choice?.server.id ?? 'none' });
  if (choice === null || choice.fallback) counted?.fallback(arm);
  if (choice === null) {
    response.writeHead(503).end();
    return;
  }
  const { pool, fallback, server } = choice;
  const way = routeHeaders(route, { arm, pool, server: server.id });
  response.writeHead(200, { ...way, ...(fallback && { 'x-gray-fallback': arm }), 'content-length': '0' }).end();
}

const triedBy = ({ headers }: IncomingMessage): string[] => {
  const tried = headers['x-gray-tried'];
  return typeof tried === 'string' && tried !== '' ? [tried] : [];
};

/** Caddy has closed the body when a connection fails, so such a request has one chance: it goes where a connection works now. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(String(headers['x-gray-method'] ?? 'GET'));

const connectMs = 500;

const connects = ({ config: { address } }: BackendServer): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ ...address, timeout: connectMs });
    const found = (good: boolean) => {
      socket.destroy();
      resolve(good);
    };
    socket.once('connect', () => found(true));
    socket.once('timeout', () => found(false));
    socket.once('error', () => found(false));
  });

const isProbe = ({ headers }: IncomingMessage): boolean => headers['x-gray-probe'] === '1';
