/** Counts of everything sent, in all and per second. */

import type { Reply } from './client.ts';
import { Histogram, type Quantiles } from './histogram.ts';
import type { Visit } from './traffic.ts';

/** `sent` = `answered` + `lost` + those still open. `errors` of the answers were the application's own (status ≥ 500). */
export interface LoadCounts {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly errors: number;
}

/** One second of load; every count is of that second alone, except those in `total`. */
export interface LoadSecond extends LoadCounts {
  /** Epoch milliseconds at its end. */
  readonly atMs: number;
  readonly open: number;
  readonly total: LoadCounts;
  /** Answers. */
  readonly versions: Readonly<Record<string, number>>;
  readonly servers: Readonly<Record<string, number>>;
  /** Different users with an identity who were answered by a version. */
  readonly users: Readonly<Record<string, number>>;
  readonly latency: Quantiles;
}

export interface LoadSummary extends LoadCounts {
  readonly fromMs: number;
  readonly toMs: number;
  readonly versions: Readonly<Record<string, number>>;
  readonly servers: Readonly<Record<string, number>>;
  /** `1.0.0 > 2.0.0`: how often a user's next answer came from another version. Shows that users stick. */
  readonly moves: Readonly<Record<string, number>>;
  readonly latency: Quantiles;
  /** The first of the lost requests. */
  readonly lostExamples: readonly LostExample[];
}

export interface LostExample {
  readonly atMs: number;
  readonly user: string | null;
  readonly why: string;
}

const maxExamples = 20;

interface Seen {
  readonly version: string;
  readonly sentMs: number;
}

export class Tally {
  readonly #fromMs: number;
  readonly #all = new Counter();
  #second = new Counter();
  readonly #moves = new Map<string, number>();
  readonly #lastSeen = new Map<string, Seen>();
  readonly #lostExamples: LostExample[] = [];

  constructor(fromMs: number) {
    this.#fromMs = fromMs;
  }

  sent(): void {
    for (const counter of [this.#all, this.#second]) counter.sent += 1;
  }

  came(visit: Visit, reply: Reply, sentMs: number, nowMs: number): void {
    for (const counter of [this.#all, this.#second]) counter.came(visit, reply, nowMs - sentMs);
    if (reply.kind === 'lost') this.#keepExample({ atMs: nowMs, user: visit.user, why: reply.why });
    else if (visit.user !== null) this.#noteMove(visit.user, { version: reply.version, sentMs });
  }

  /** Ends the running second and begins the next. */
  second(atMs: number): LoadSecond {
    const { users, ...second } = this.#second.report();
    this.#second = new Counter();
    return { atMs, open: this.#all.open, total: this.#all.counts(), ...second, users };
  }

  summary(toMs: number): LoadSummary {
    const { users: _, ...all } = this.#all.report();
    const moves = Object.fromEntries(this.#moves);
    return { fromMs: this.#fromMs, toMs, ...all, moves, lostExamples: this.#lostExamples };
  }

  #keepExample(example: LostExample): void {
    if (this.#lostExamples.length < maxExamples) this.#lostExamples.push(example);
  }

  /** Two open requests of one user may be answered in either order; the one sent later tells where the user is. */
  #noteMove(user: string, seen: Seen): void {
    const before = this.#lastSeen.get(user);
    if (before && before.sentMs >= seen.sentMs) return;
    this.#lastSeen.set(user, seen);
    if (before && before.version !== seen.version) increase(this.#moves, `${before.version} > ${seen.version}`);
  }
}

class Counter {
  sent = 0;
  #answered = 0;
  #lost = 0;
  #errors = 0;
  readonly #versions = new Map<string, number>();
  readonly #servers = new Map<string, number>();
  readonly #users = new Map<string, Set<string>>();
  readonly #latency = new Histogram();

  came(visit: Visit, reply: Reply, tookMs: number): void {
    if (reply.kind === 'lost') {
      this.#lost += 1;
      return;
    }
    this.#answered += 1;
    if (reply.status >= 500) this.#errors += 1;
    this.#latency.add(tookMs);
    increase(this.#versions, reply.version);
    increase(this.#servers, reply.server);
    if (visit.user !== null) this.#usersOf(reply.version).add(visit.user);
  }

  get open(): number {
    return this.sent - this.#answered - this.#lost;
  }

  counts(): LoadCounts {
    return { sent: this.sent, answered: this.#answered, lost: this.#lost, errors: this.#errors };
  }

  report() {
    return {
      ...this.counts(),
      versions: Object.fromEntries(this.#versions),
      servers: Object.fromEntries(this.#servers),
      users: Object.fromEntries([...this.#users].map(([version, users]) => [version, users.size])),
      latency: this.#latency.quantiles(),
    };
  }

  #usersOf(version: string): Set<string> {
    const users = this.#users.get(version) ?? new Set();
    this.#users.set(version, users);
    return users;
  }
}

const increase = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
