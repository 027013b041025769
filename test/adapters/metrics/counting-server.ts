/** A real HTTP server with counters of its own: answers /metrics, dies and restarts on the same port when told. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll } from 'vitest';
import type { ServerSpec } from '../../../src/domain/server.ts';
import { portOf } from '../../support/ports.ts';

const running = new Set<CountingServer>();
afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop()));
});

export class CountingServer {
  readonly id: string;
  port = 0;
  scrapes = 0;
  /** Answers this instead of its counters. */
  page: string | null = null;
  /** Says process_start_time_seconds. */
  startedS = 1_000;
  #counts = { good: 0, bad: 0 };
  #server: Server | null = null;

  constructor(id: string) {
    this.id = id;
  }

  /** `total` requests, of which `bad` answered 500 and took a second; the others took 10 ms. */
  serve({ total, bad }: { readonly total: number; readonly bad: number }): void {
    this.#counts.good += total - bad;
    this.#counts.bad += bad;
  }

  async start(): Promise<this> {
    const server = createServer((_, response) => {
      this.scrapes += 1;
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(this.page ?? this.text());
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = portOf(server);
    this.#server = server;
    running.add(this);
    return this;
  }

  async stop(): Promise<void> {
    running.delete(this);
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }

  /** A new process: counters from zero. */
  restart(): void {
    this.startedS += 10;
    this.#counts = { good: 0, bad: 0 };
  }

  spec(rest: Partial<ServerSpec> = {}): ServerSpec {
    const address = { host: '127.0.0.1', port: this.port };
    return { id: this.id, address, gray: false, spare: false, weight: 100, ...rest };
  }

  /** As prom-client does, a label set appears with its first event. */
  text(): string {
    const { good, bad } = this.#counts;
    const code = (value: string, count: number) => (count > 0 ? [`http_requests_total{code="${value}"} ${count}`] : []);
    return [
      '# TYPE http_requests_total counter',
      ...code('200', good),
      ...code('500', bad),
      '# TYPE http_request_duration_seconds histogram',
      `http_request_duration_seconds_bucket{le="0.05"} ${good}`,
      `http_request_duration_seconds_bucket{le="2.5"} ${good + bad}`,
      `http_request_duration_seconds_bucket{le="+Inf"} ${good + bad}`,
      `http_request_duration_seconds_sum ${good * 0.01 + bad}`,
      `http_request_duration_seconds_count ${good + bad}`,
      `process_start_time_seconds ${this.startedS}`,
      '',
    ].join('\n');
  }
}
