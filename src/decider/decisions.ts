/**
 * Answers, for one request at a time, which server it goes to. A proxy asks with the headers of its request; the answer
 * is 200 with `x-gray-server`, `x-gray-pool`, `x-gray-arm` and more, or 503 when no server serves. `x-gray-tried` names
 * the server that just failed this request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Health } from '../router/health.ts';
import type { ReadIdentity } from '../router/identity.ts';
import { type Listener, listener } from '../router/listener.ts';
import type { RouterMetrics } from '../router/metrics.ts';
import { routeHeaders } from '../router/route-headers.ts';
import type { RouteHolder } from '../router/route-holder.ts';
import type { Servers } from '../router/servers.ts';

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
  const arm = holder.armOf(identity(request.headers));
  const choice = servers.choose(route, arm, new Set(tried));
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

const isProbe = ({ headers }: IncomingMessage): boolean => headers['x-gray-probe'] === '1';
