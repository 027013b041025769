/** The proxy library, set up once: connections to servers, time limits, and answers that break half-way. */
import { Agent, type ClientRequest, IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer, type ProxyServer, type ServerOptions } from 'http-proxy-3';
import type { Address } from '../domain/server.ts';
import type { RouterConfig } from './config.ts';
import { Deadlines } from './deadlines.ts';

/** A request of the router's own entrances, which knows its order: a table of them would cost more than the split. */
export class RoutedRequest extends IncomingMessage {
  order: WebOrder | null = null;
}

export type Target = NonNullable<ServerOptions['target']>;

/** In parts: the library would take a URL apart again for every request. */
export const targetAt = ({ host, port }: Address): Target => ({ protocol: 'http:', host, port });

export interface WebOrder {
  readonly request: RoutedRequest;
  readonly response: ServerResponse;
  readonly target: Target;
  /** Headers of the answer, added or replaced. */
  readonly headers: Readonly<Record<string, string>>;
  /** A kept connection may have been closed by the server already, so what cannot be repeated gets its own. */
  readonly ownConnection: boolean;
  /** Asked when the answer comes: true ends the client's connection after it. */
  readonly last: () => boolean;
  readonly failed: (error: Error) => void;
}

export interface SocketOrder {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly target: Target;
  readonly failed: (error: Error) => void;
}

/** No connection came about, so the server has seen nothing of the request. */
export class ConnectError extends Error {}

/** The server took the request and said nothing within the limit: it may be at work still, so nobody else is asked. */
export class SlowAnswer extends Error {}

const own = { connection: 'close' };
const kept = { connection: 'keep-alive' };

export class Upstream {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  readonly #proxy: ProxyServer = createProxyServer();
  readonly #limits: Pick<RouterConfig, 'connectTimeoutMs' | 'answerTimeoutMs'>;
  readonly #answers: Deadlines<ClientRequest>;

  constructor(limits: Pick<RouterConfig, 'connectTimeoutMs' | 'answerTimeoutMs'>) {
    this.#limits = limits;
    this.#answers = new Deadlines(limits.answerTimeoutMs, (sent) =>
      sent.destroy(new SlowAnswer(`no answer within ${limits.answerTimeoutMs} ms`)),
    );
    this.#proxy.on('proxyReq', (sent, _request, _response, _options, socket) => this.#limit(sent, socket));
    this.#proxy.on('proxyRes', (answer, request) => this.#answered(answer, request));
    this.#proxy.on('error', () => undefined);
  }

  web(order: WebOrder): void {
    const { request, response, target, ownConnection, failed } = order;
    // Once for all tries, so that a repeated one does not list the client twice.
    if (request.order === null) Object.assign(request.headers, forwarded(request));
    request.order = order;
    // The path goes on as it came: normalising it is not the router's business.
    const options = ownConnection
      ? { target, toProxy: true, headers: own }
      : { target, toProxy: true, agent: this.#agent, ...(asksToKeep(request) ? {} : { headers: kept }) };
    this.#proxy.web(request, response, options, (error) => failed(told(error)));
  }

  socket({ request, socket, head, target, failed }: SocketOrder): void {
    const options = { target, toProxy: true, headers: forwarded(request) };
    this.#proxy.ws(request, socket, head, options, (error) => failed(told(error)));
  }

  end(): void {
    this.#answers.end();
    this.#agent.destroy();
  }

  #limit(sent: ClientRequest, socket: Socket): void {
    if (socket.connecting) {
      const late = () => sent.destroy(new ConnectError(`no connection within ${this.#limits.connectTimeoutMs} ms`));
      const timer = setTimeout(late, this.#limits.connectTimeoutMs);
      const done = () => clearTimeout(timer);
      socket.once('connect', done).once('close', done);
    }
    const done = () => this.#answers.delete(sent);
    this.#answers.add(sent);
    sent.on('response', done).on('close', done);
  }

  #answered(answer: IncomingMessage, request: IncomingMessage): void {
    const order = request instanceof RoutedRequest ? request.order : null;
    // Hop by hop: whether the server keeps its connection says nothing about the client's.
    delete answer.headers.connection;
    delete answer.headers['keep-alive'];
    Object.assign(answer.headers, order?.headers);
    if (order?.last()) answer.headers.connection = 'close';
    // The library would leave the client waiting for the rest for ever.
    answer.on('close', () => {
      if (!answer.complete) order?.failed(new Error('the answer broke off'));
    });
  }
}

/** This machine ran out of ports or files: no server is to blame. */
const ownFaults = new Set(['EADDRNOTAVAIL', 'EMFILE', 'ENFILE']);
const nameFaults = new Set(['ENOTFOUND', 'EAI_AGAIN']);

function told(error: Error): Error {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof ConnectError || ownFaults.has(code)) return error;
  const connecting = 'syscall' in error && error.syscall === 'connect';
  return connecting || nameFaults.has(code) ? new ConnectError(error.message, { cause: error }) : error;
}

/** Whether the client keeps its connection says nothing about the server's, so any other wish of it is not passed on. */
const asksToKeep = ({ headers: { connection } }: IncomingMessage): boolean =>
  connection === undefined || connection === 'keep-alive';

function forwarded({ headers, socket }: IncomingMessage): Record<string, string> {
  const client = socket.remoteAddress ?? '';
  const before = headers['x-forwarded-for'];
  return {
    'x-forwarded-for': before === undefined ? client : [before, client].flat().join(', '),
    'x-forwarded-proto': firstOf(headers['x-forwarded-proto']) ?? 'http',
    'x-forwarded-host': firstOf(headers['x-forwarded-host']) ?? headers.host ?? '',
  };
}

const firstOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];
