/** One request through the router: assigned, tried at a server, tried elsewhere if that one just died, answered once. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Arm } from '../domain/server.ts';
import type { EntranceParts } from './entrance.ts';
import { classOf, type Labels, type ResponseClass } from './metrics.ts';
import { routeHeaders } from './route-headers.ts';
import type { Choice, Session } from './servers.ts';
import { ConnectError, type RoutedRequest, SlowAnswer } from './upstream.ts';

/** How many servers may see one request that each of them breaks off. */
const maxReached = 3;

const untried: ReadonlySet<string> = new Set();
const hidden = {};
const nowhere: Labels = { arm: 'stable', pool: 'none', server: 'none' };

export class Exchange {
  readonly #parts: EntranceParts;
  readonly #request: RoutedRequest;
  readonly #response: ServerResponse;
  readonly #startedAt = performance.now();
  #tried: readonly string[] = [];
  #tries = 0;
  #reached = 0;
  #arm: Arm = 'stable';
  #user: string | null = null;
  #choice: Choice | null = null;
  #labels: Labels = nowhere;
  #session: Session | null = null;
  #ended = false;
  /** The router itself cut the answer. */
  #broken = false;

  constructor(parts: EntranceParts, request: RoutedRequest, response: ServerResponse) {
    this.#parts = parts;
    this.#request = request;
    this.#response = response;
  }

  begin(): void {
    this.#response.on('close', () => this.#end());
    this.#try();
  }

  /** Every try asks the route of this moment: a server that has left its pool since gets nothing more. */
  #try(): void {
    const { holder, servers, identity, attributes, metrics } = this.#parts;
    this.#tries += 1;
    this.#user = identity(this.#request.headers);
    this.#arm = holder.armOf(this.#user, attributes(this.#request.headers));
    this.#choice = servers.choose(holder.route, this.#arm, this.#tries === 1 ? untried : new Set(this.#tried));
    this.#labels = labelsOf(this.#arm, this.#choice);
    if (this.#tries === 1) metrics?.request(this.#labels);
    if (this.#choice === null) this.#answer(503, 'no server is able to answer');
    else this.#send(this.#choice);
  }

  #send({ server, pool }: Choice): void {
    const { holder, upstream, reveal, stopping } = this.#parts;
    const session: Session = { close: () => this.#cut() };
    this.#session = session;
    server.sessions.add(session);
    upstream.web({
      request: this.#request,
      response: this.#response,
      target: server.target,
      headers: reveal ? routeHeaders(holder.route, { arm: this.#arm, pool, server: server.id }) : hidden,
      ownConnection: this.#tried.includes(server.id) || !repeatable(this.#request),
      last: () => stopping.aborted,
      // The library may report one broken try more than once.
      failed: (error) => {
        if (!this.#ended && this.#session === session) this.#failed(error);
      },
    });
    this.#tried = [...this.#tried, server.id];
  }

  #failed(error: Error): void {
    const { metrics, health } = this.#parts;
    metrics?.connectionError(this.#labels);
    this.#leave();
    const server = this.#choice?.server;
    if (server !== undefined && error instanceof ConnectError) health.unreachable(server);
    else if (server !== undefined) void health.check(server);
    if (this.#response.headersSent) this.#cut();
    else if (error instanceof SlowAnswer) this.#answer(504, 'the server did not answer in time');
    else if (this.#mayTryAgain(error)) this.#tryAgain();
    else this.#answer(502, 'the server broke off');
  }

  /** Without a connection the server saw nothing, and it is out of the way now: every request goes on that still has its body. */
  #mayTryAgain(error: Error): boolean {
    if (error instanceof ConnectError)
      return bodiless(this.#request) && this.#tries <= this.#parts.servers.all().length;
    this.#reached += 1;
    return repeatable(this.#request) && this.#reached < maxReached;
  }

  #tryAgain(): void {
    for (const name of this.#response.getHeaderNames()) this.#response.removeHeader(name);
    this.#try();
  }

  #answer(status: number, message: string): void {
    const connection = this.#parts.stopping.aborted ? { connection: 'close' } : {};
    this.#response.writeHead(status, { 'content-type': 'application/json', ...connection });
    this.#response.end(`${JSON.stringify({ error: message })}\n`);
  }

  #cut(): void {
    this.#broken = true;
    this.#response.destroy();
  }

  #leave(): void {
    if (this.#session !== null) this.#choice?.server.sessions.delete(this.#session);
    this.#session = null;
  }

  #end(): void {
    this.#ended = true;
    this.#leave();
    const { metrics, clients } = this.#parts;
    const type = this.#class();
    const fallback = this.#choice === null || this.#choice.fallback;
    metrics?.response(this.#labels, type, (performance.now() - this.#startedAt) / 1_000);
    if (fallback) metrics?.fallback(this.#arm);
    if (type !== 'aborted') clients?.ended(this.#arm, this.#user, fallback || type === '5xx' || type === 'broken');
  }

  #class(): ResponseClass {
    if (this.#response.writableFinished) return classOf(this.#response.statusCode);
    return this.#broken ? 'broken' : 'aborted';
  }
}

const labelsOf = (arm: Arm, choice: Choice | null): Labels =>
  choice === null ? { ...nowhere, arm } : { arm, pool: choice.pool, server: choice.server.id };

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Another try at work cannot do anything twice. */
const repeatable = (request: IncomingMessage): boolean => idempotent.has(request.method ?? '') && bodiless(request);

/** A body is gone after the first try. */
const bodiless = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] === undefined &&
  (headers['content-length'] === undefined || headers['content-length'] === '0');
