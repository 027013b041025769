/** A listening server of the router, and how it ends. */
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect, Server as NetServer } from 'node:net';
import { GrayError } from '../domain/errors.ts';

export interface Listener {
  /** `http://host:port`, or the path of a Unix socket. */
  readonly url: string;
  /** Takes in nothing new; resolves when everything open has ended. */
  close(): Promise<void>;
  /** Cuts what is open. */
  cut(): void;
}

/** How long a closing listener leaves idle connections for one more request, whose answer then ends them. */
const idleMs = 1_000;

type Place = { readonly host: string; readonly port: number } | { readonly socket: string };

export async function listener(server: Server, place: Place): Promise<Listener> {
  if ('socket' in place) await takeSocket(place.socket);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('socket' in place) ownerOnly(() => server.listen(place.socket, resolve));
    else server.listen(place.port, place.host, resolve);
  });
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(server, place),
    close: () => {
      closed ??= new Promise((resolve) => {
        // Not the HTTP server's own close: that would cut idle connections which a client is about to use.
        NetServer.prototype.close.call(server, () => resolve());
        setTimeout(() => server.close(), idleMs).unref();
      });
      return closed;
    },
    cut: () => server.closeAllConnections(),
  };
}

/** The socket exists with mode 0600 from its first moment: binding happens inside `listen`. */
function ownerOnly(listen: () => void): void {
  const former = process.umask(0o177);
  try {
    listen();
  } finally {
    process.umask(former);
  }
}

/** A socket file that a killed router left behind is removed; one that somebody answers on is not ours. */
async function takeSocket(path: string): Promise<void> {
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    const found = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => found(true)).once('error', () => found(false));
  });
  if (answered) throw new GrayError('routerRefused', `another router answers on ${path}`);
  await rm(path, { force: true });
}

function urlOf(server: Server, place: Place): string {
  if ('socket' in place) return place.socket;
  const address = server.address();
  const port = address === null || typeof address === 'string' ? place.port : address.port;
  return `http://${place.host.includes(':') ? `[${place.host}]` : place.host}:${port}`;
}
