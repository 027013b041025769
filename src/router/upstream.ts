/** The proxy library, set up once: connections to servers, time limits, and answers that break half-way. */
import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer, type ProxyServer } from 'http-proxy-3';
import type { RouterConfig } from './config.ts';

export interface WebOrder {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
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
  readonly target: string;
  readonly failed: (error: Error) => void;
}

/** No connection came about, so the server has seen nothing of the request. */
export class ConnectError extends Error {}

/** The server took the request and said nothing within the limit: it may be at work still, so nobody else is asked. */
export class SlowAnswer extends Error {}

export class Upstream {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  readonly #proxy: ProxyServer = createProxyServer();
  readonly #orders = new WeakMap<IncomingMessage, WebOrder>();
  readonly #limits: Pick<RouterConfig, 'connectTimeoutMs' | 'answerTimeoutMs'>;

  constructor(limits: Pick<RouterConfig, 'connectTimeoutMs' | 'answerTimeoutMs'>) {
    this.#limits = limits;
    this.#proxy.on('proxyReq', (sent, _request, _response, _options, socket) => this.#limit(sent, socket));
    this.#proxy.on('proxyRes', (answer, request) => this.#answered(answer, request));
    this.#proxy.on('error', () => undefined);
  }

  web(order: WebOrder): void {
    const { request, response, target, ownConnection, failed } = order;
    this.#orders.set(request, order);
    const connection = ownConnection ? 'close' : 'keep-alive';
    const options = {
      target,
      // The path goes on as it came: normalising it is not the router's business.
      toProxy: true,
      headers: { ...forwarded(request), connection },
      ...(ownConnection ? {} : { agent: this.#agent }),
    };
    this.#proxy.web(request, response, options, (error) => failed(told(error)));
  }

  socket({ request, socket, head, target, failed }: SocketOrder): void {
    const options = { target, toProxy: true, headers: forwarded(request) };
    this.#proxy.ws(request, socket, head, options, (error) => failed(told(error)));
  }

  end(): void {
    this.#agent.destroy();
  }

  #limit(sent: ClientRequest, socket: Socket): void {
    if (socket.connecting) {
      const late = () => sent.destroy(new ConnectError(`no connection within ${this.#limits.connectTimeoutMs} ms`));
      const timer = setTimeout(late, this.#limits.connectTimeoutMs);
      const done = () => clearTimeout(timer);
      socket.once('connect', done).once('close', done);
    }
    const slow = () => sent.destroy(new SlowAnswer(`no answer within ${this.#limits.answerTimeoutMs} ms`));
    const timer = setTimeout(slow, this.#limits.answerTimeoutMs);
    const done = () => clearTimeout(timer);
    sent.once('response', done).once('close', done);
  }

  #answered(answer: IncomingMessage, request: IncomingMessage): void {
    const order = this.#orders.get(request);
    // Hop by hop: whether the server keeps its connection says nothing about the client's.
    delete answer.headers.connection;
    delete answer.headers['keep-alive'];
    Object.assign(answer.headers, order?.headers, order?.last() ? { connection: 'close' } : {});
    // The library would leave the client waiting for the rest for ever.
    answer.once('close', () => {
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

/** Set anew on every try, so that a repeated one does not list the client twice. */
const forwarded = ({ headers, socket }: IncomingMessage): Record<string, string> => ({
  'x-forwarded-for': [headers['x-forwarded-for'] ?? [], socket.remoteAddress ?? []].flat().join(', '),
  'x-forwarded-proto': firstOf(headers['x-forwarded-proto']) ?? 'http',
  'x-forwarded-host': firstOf(headers['x-forwarded-host']) ?? headers.host ?? '',
});

const firstOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];
