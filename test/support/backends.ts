/**
 * Small real HTTP servers in this process, to stand behind a router. Every answer names its server; `/version` tells
 * the version, `/hold?id=…` stays open until it is let go, `/cut` breaks off before
 * the answer and `/half` in its middle, a websocket echoes what it gets.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Address } from '../../src/domain/server.ts';
import { portOf } from './ports.ts';

export class Backend {
  readonly id: string;
  address: Address = { host: '127.0.0.1', port: 0 };
  version = '1';
  /** Requests received, whole life. */
  requests = 0;
  readonly #held = new Map<string, ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(id: string) {
    this.id = id;
  }

  static async start(id: string): Promise<Backend> {
    const backend = new Backend(id);
    await backend.start();
    return backend;
  }

  /** Listens, on the same port as before where there was one. */
  async start(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    // The router's side must never race with an idle connection that this side closes.
    server.keepAliveTimeout = 60_000;
    server.on('upgrade', ({ headers }, socket: Socket) => {
      const key = headers['sec-websocket-key'];
      const accept = key === undefined ? '' : `sec-websocket-accept: ${acceptOf(key)}\r\n`;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n${accept}x-server: ${this.id}\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.address.port, this.address.host, resolve);
    });
    this.#server = server;
    this.address = { host: '127.0.0.1', port: portOf(server) };
  }

  /** Dies at once: every connection is cut, nothing listens. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#held.clear();
    await closed;
  }

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  letGo(id: string): void {
    this.#held.get(id)?.end('{}');
    this.#held.delete(id);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    request.resume();
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://backend');
    response.setHeader('x-server', this.id);
    response.setHeader('content-type', 'application/json');
    switch (pathname) {
      case '/hold':
        this.#held.set(searchParams.get('id') ?? '', response);
        break;
      case '/cut':
        request.socket.destroy();
        break;
      case '/half':
        response.writeHead(200, { 'content-length': '100' }).write('half', () => request.socket.destroy());
        break;
      default:
        response.end(JSON.stringify({ server: this.id, ...this.#running(), ...echo(request) }));
    }
  }

  #running() {
    return { version: this.version, digest: `sha256:${this.version.padStart(64, '0')}` };
  }
}

/** What a client of websockets, and a careful router, expect for its key. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const echo = ({ method, url, headers }: IncomingMessage) => ({ method, url, headers });
