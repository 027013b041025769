/** A websocket through the router: assigned like any request, then a session until one side ends it. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { EntranceParts } from './entrance.ts';
import type { Session } from './servers.ts';
import { ConnectError } from './upstream.ts';

export function upgrade(parts: EntranceParts, request: IncomingMessage, socket: Socket, head: Buffer): void {
  socket.on('error', () => socket.destroy());
  if (request.headers.upgrade?.toLowerCase() === 'websocket') connect(parts, request, socket, head);
  else refuse(socket, '501 Not Implemented');
}

function connect(parts: EntranceParts, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { holder, servers, health, upstream, metrics } = parts;
  const arm = holder.armOf(parts.identity(request.headers), parts.attributes(request.headers));
  const choice = servers.choose(holder.route, arm, new Set());
  const labels = { arm, pool: choice?.pool ?? 'none', server: choice?.server.id ?? 'none' };
  metrics?.request(labels);
  if (choice === null || choice.fallback) metrics?.fallback(arm);
  if (choice === null) {
    refuse(socket, '503 Service Unavailable');
    return;
  }
  const { server } = choice;
  const session: Session = { close: () => socket.destroy() };
  server.sessions.add(session);
  socket.once('close', () => server.sessions.delete(session));
  const failed = (error: Error) => {
    metrics?.connectionError(labels);
    if (error instanceof ConnectError) health.unreachable(server);
    else void health.check(server);
  };
  upstream.socket({ request, socket, head, target: server.target, failed });
}

const refuse = (socket: Socket, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
};
