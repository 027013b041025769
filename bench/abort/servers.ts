/** The servers of a target, small and real: each listens on a port of its own and tells what it runs. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { memoryFleet } from '../../src/adapters/deployer/memory-fleet.ts';
import type { Artifact } from '../../src/domain/artifact.ts';
import type { ServerSpec } from '../../src/domain/server.ts';

export interface TinyServers {
  close(): Promise<void>;
}

/** Listens where `servers` say; what each runs is what the memory deployer of this process put there. */
export async function startServers(
  target: string,
  servers: readonly ServerSpec[],
  base: Artifact,
): Promise<TinyServers> {
  const fleet = memoryFleet(target);
  fleet.install(
    servers.map(({ id }) => id),
    base,
  );
  const listening = await Promise.all(
    servers.map(({ id, address }) =>
      listen(address.port, (_request, response) => {
        response.setHeader('content-type', 'application/json').setHeader('x-server', id);
        response.end(JSON.stringify(fleet.running(id)));
      }),
    ),
  );
  return { close: async () => void (await Promise.all(listening.map(close))) };
}

export const listen = (port: number, answer: RequestListener): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer(answer);
    // The router's side must never race with an idle connection that this side closes.
    server.keepAliveTimeout = 10 * 60_000;
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
