/** Which servers are able to answer: cheap active checks, and what requests find out on the way. */
import { get } from 'node:http';
import { connect } from 'node:net';
import type { RouterConfig } from './config.ts';
import type { BackendServer, Servers } from './servers.ts';

/** A slow check is no proof of death, a second one in a row is; a refused connection is proof at once. */
const missesUntilDown = 2;

type Finding = 'healthy' | 'dead' | 'silent';

export class Health {
  readonly #servers: Servers;
  readonly #config: RouterConfig['health'];
  readonly #misses = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(servers: Servers, config: RouterConfig['health']) {
    this.#servers = servers;
    this.#config = config;
  }

  /** Resolves after the first round, so that nobody is called up before it was asked. */
  async start(): Promise<void> {
    await this.#checkAll();
    const next = () => {
      this.#timer = setTimeout(() => void this.#checkAll().then(() => this.#timer && next()), this.#config.everyMs);
      this.#timer.unref();
    };
    next();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A request could not connect: the server gets no further one until a check finds it healthy. */
  unreachable(server: BackendServer): void {
    server.up = false;
  }

  /** Servers about to enter a pool: up only if they answer now, whatever was known of them before. */
  async prove(servers: readonly BackendServer[]): Promise<void> {
    for (const server of servers) server.up = false;
    await Promise.all(servers.map((server) => this.check(server)));
  }

  /** Asks now; a check under way is shared. */
  check(server: BackendServer): Promise<void> {
    const running = this.#running.get(server.id) ?? this.#ask(server).finally(() => this.#running.delete(server.id));
    this.#running.set(server.id, running);
    return running;
  }

  async #checkAll(): Promise<void> {
    await Promise.all(this.#servers.all().map((server) => this.check(server)));
  }

  async #ask(server: BackendServer): Promise<void> {
    const found = await (this.#config.get === undefined
      ? connects(server, this.#config)
      : answers(server, this.#config));
    const misses = found === 'healthy' ? 0 : (this.#misses.get(server.id) ?? 0) + 1;
    this.#misses.set(server.id, misses);
    if (found === 'healthy') server.up = true;
    else if (found === 'dead' || misses >= missesUntilDown) server.up = false;
  }
}

type HealthConfig = RouterConfig['health'];

const connects = ({ config }: BackendServer, { timeoutMs }: HealthConfig): Promise<Finding> =>
  new Promise((resolve) => {
    const socket = connect({ ...config.address, timeout: timeoutMs });
    const found = (finding: Finding) => {
      socket.destroy();
      resolve(finding);
    };
    socket.once('connect', () => found('healthy'));
    socket.once('timeout', () => found('silent'));
    socket.once('error', () => found('dead'));
  });

const answers = ({ config }: BackendServer, { get: path, timeoutMs }: HealthConfig): Promise<Finding> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = get({ ...config.address, path, agent: false, signal }, (response) => {
      response.resume();
      response.once('error', () => undefined);
      resolve((response.statusCode ?? 500) < 500 ? 'healthy' : 'dead');
    });
    asked.once('error', () => resolve(signal.aborted ? 'silent' : 'dead'));
  });
