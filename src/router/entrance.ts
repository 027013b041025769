/** A door for users: the public one, or the loopback one for probes. Both know the same rules. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Clients } from './clients.ts';
import { Exchange } from './exchange.ts';
import type { Health } from './health.ts';
import type { ReadAttributes, ReadIdentity } from './identity.ts';
import { type Listener, listener } from './listener.ts';
import type { RouterMetrics } from './metrics.ts';
import type { RouteHolder } from './route-holder.ts';
import type { Servers } from './servers.ts';
import { upgrade } from './upgrade.ts';
import { RoutedRequest, type Upstream } from './upstream.ts';

export interface EntranceParts {
  readonly holder: RouteHolder;
  readonly servers: Servers;
  readonly health: Health;
  readonly upstream: Upstream;
  readonly identity: ReadIdentity;
  readonly attributes: ReadAttributes;
  /** Whether answers carry the `x-gray-…` headers. */
  readonly reveal: boolean;
  /** Fires when the router begins to stop: from then on every answer ends its connection. */
  readonly stopping: AbortSignal;
  /** Null: nothing that comes in here is counted. */
  readonly metrics: RouterMetrics | null;
  /** Null: nobody asks for distinct clients. */
  readonly clients: Clients | null;
}

export function openEntrance(
  parts: EntranceParts,
  at: { readonly host: string; readonly port: number },
): Promise<Listener> {
  const options = { IncomingMessage: RoutedRequest };
  const server = createServer(options, (request, response) => new Exchange(parts, request, response).begin());
  // Longer than any client keeps an idle connection, so that it is the client who closes it: no request is lost between.
  server.keepAliveTimeout = 75_000;
  server.on('upgrade', (request, socket: Socket, head) => upgrade(parts, request, socket, head));
  return listener(server, at);
}
