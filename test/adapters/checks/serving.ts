/** A server that answers as a test wants it to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import { portOf } from '../../support/ports.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, n: number) => void;

const open: (() => Promise<unknown>)[] = [];

/** Ends what was served in a test behind it. */
export function useServing(): void {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((close) => close()));
  });
}

export async function serve(answer: Answer) {
  const seen: IncomingMessage[] = [];
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response, seen.length);
  });
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { port: portOf(server), seen, sockets };
}
