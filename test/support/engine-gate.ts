/** Between a deployer and its engine: the n-th request that changes something is never delivered, or delivered late. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class EngineGate {
  readonly socket: string;
  /** The effect at which the gate closed. */
  readonly met: Promise<string>;
  readonly #dir: string;
  readonly #engine: string;
  readonly #at: number;
  readonly #way: 'cut' | 'hold';
  readonly #server: Server;
  readonly #released: Promise<void>;
  #meet: (effect: string) => void = () => undefined;
  release: () => void = () => undefined;
  #count = 0;
  #isCut = false;

  private constructor(dir: string, engine: string, at: number, way: 'cut' | 'hold') {
    this.#dir = dir;
    this.#engine = engine;
    this.#at = at;
    this.#way = way;
    this.socket = join(dir, 'gate.sock');
    this.met = new Promise((resolve) => {
      this.#meet = resolve;
    });
    this.#released = new Promise((resolve) => {
      this.release = resolve;
    });
    this.#server = createServer((asked, response) => void this.#pass(asked, response));
  }

  static async open(engine: string, at: number, way: 'cut' | 'hold'): Promise<EngineGate> {
    const gate = new EngineGate(await mkdtemp(join(tmpdir(), 'gray-gate-')), engine, at, way);
    await new Promise<void>((resolve) => gate.#server.listen(gate.socket, resolve));
    return gate;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #pass(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const effect = effectOf(asked);
    if (effect !== null) {
      this.#count += 1;
      if (this.#count === this.#at) {
        this.#meet(effect);
        if (this.#way === 'cut') this.#isCut = true;
        else await this.#released;
      }
    }
    if (this.#isCut) {
      asked.socket.destroy();
      return;
    }
    const { method, url, headers } = asked;
    const sent = request({ socketPath: this.#engine, method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.once('error', () => response.destroy());
    asked.pipe(sent);
  }
}

/** Null for a question. */
function effectOf({ method = '', url = '' }: IncomingMessage): string | null {
  if (method === 'GET') return null;
  const [, what = '', last = ''] = /^\/v[\d.]+\/(\w+)(?:\/.*)?\/([\w.-]+)(?:\?.*)?$/.exec(url) ?? [];
  return method === 'DELETE' ? `DELETE ${what}` : `${last} ${what}`;
}
