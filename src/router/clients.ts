/**
 * What the router counts per client and arm, for metrics of distinct clients. A client is known by a number that it gets
 * here: no identity leaves the router. Bounded: who was not seen for an hour makes room, and a full table says so.
 */
import type { Arm } from '../domain/server.ts';

interface Client {
  readonly number: number;
  readonly arm: Arm;
  requests: number;
  failed: number;
  seenMs: number;
}

const forgottenAfterMs = 3_600_000;

export class Clients {
  readonly #size: number;
  readonly #clients = { gray: new Map<string, Client>(), stable: new Map<string, Client>() };
  #numbers = 0;
  #full = false;
  #forgotMs = Number.NEGATIVE_INFINITY;

  constructor(size = 100_000) {
    this.#size = size;
  }

  /** A request of `user` is over. Who has no identity is no client. */
  ended(arm: Arm, user: string | null, failed: boolean, nowMs = Date.now()): void {
    const client = user === null ? null : (this.#clients[arm].get(user) ?? this.#added(arm, user, nowMs));
    if (client === null) return;
    client.requests += 1;
    if (failed) client.failed += 1;
    client.seenMs = nowMs;
  }

  /** One line a client: `arm number requests failed`; the first line says whether all of them are there. */
  text(): string {
    const all = [...this.#clients.gray.values(), ...this.#clients.stable.values()];
    const lines = all.map(({ arm, number, requests, failed }) => `${arm} ${number} ${requests} ${failed}`);
    return [`# clients ${this.#full ? 'full' : 'complete'} ${all.length}`, ...lines, ''].join('\n');
  }

  #added(arm: Arm, user: string, nowMs: number): Client | null {
    if (this.#count >= this.#size) this.#forget(nowMs - forgottenAfterMs);
    this.#full = this.#count >= this.#size;
    if (this.#full) return null;
    this.#numbers += 1;
    const client = { number: this.#numbers, arm, requests: 0, failed: 0, seenMs: nowMs };
    this.#clients[arm].set(user, client);
    return client;
  }

  get #count(): number {
    return this.#clients.gray.size + this.#clients.stable.size;
  }

  /** Once a minute at most: looking through a full table takes time. */
  #forget(beforeMs: number): void {
    if (this.#full && beforeMs - this.#forgotMs < 60_000) return;
    this.#forgotMs = beforeMs;
    for (const clients of [this.#clients.gray, this.#clients.stable])
      for (const [user, { seenMs }] of clients) if (seenMs < beforeMs) clients.delete(user);
  }
}
