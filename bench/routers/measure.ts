/** One router under load: changes, a restart of every server, late writers; and its bare change for comparison. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Router } from '../../src/adapters/router/port.ts';
import { GrayError } from '../../src/domain/errors.ts';
import { canonical, type DesiredRoute } from '../../src/domain/route.ts';
import type { Place } from '../../src/domain/server.ts';
import type { BenchedRouter, RouterEntry } from './entry.ts';
import { type Asked, clockMs, userName } from './load/order.ts';
import { startLoad } from './load.ts';
import { type BenchServers, startServers } from './servers.ts';
import { type Size, warmUp } from './size.ts';
import { type Change, type Judged, judge } from './timeline.ts';

export interface Measured extends Judged {
  readonly requests: number;
  readonly changes: number;
  readonly lost: readonly Asked[];
  /** Milliseconds each. */
  readonly bare: readonly number[];
  readonly setAndConfirm: readonly number[];
  readonly staleInEffect: number;
  readonly staleTried: number;
}

export async function measure(
  { start, name }: RouterEntry & { readonly start: NonNullable<RouterEntry['start']> },
  size: Size,
): Promise<Measured> {
  const servers = await startServers();
  try {
    const router = await start(servers.specs).catch((cause: unknown) => {
      throw new Error(`${name} did not start`, { cause });
    });
    try {
      return await new Course(servers, router, size).run();
    } finally {
      await router.end();
    }
  } finally {
    await servers.end();
  }
}

const version = { get: '/version', version: '$.version', digest: '$.digest' } as const;
const users = 5_000;

class Course {
  readonly #servers: BenchServers;
  readonly #bench: BenchedRouter;
  readonly #router: Router;
  readonly #size: Size;
  readonly #changes: Change[] = [];
  #places: Record<string, Place>;
  #fence = 0;

  constructor(servers: BenchServers, bench: BenchedRouter, size: Size) {
    this.#servers = servers;
    this.#bench = bench;
    this.#router = bench.connect();
    this.#size = size;
    this.#places = Object.fromEntries(servers.specs.map(({ id, gray }) => [id, gray ? 'b' : 'a']));
  }

  async run(): Promise<Measured> {
    const { changes, requests } = this.#size;
    await this.#router.apply(this.#route(0));
    const load = startLoad({ url: this.#bench.entrance, users, keptLoops: 24, freshLoops: 6, pauseMs: 30 });
    try {
      await load.until(100);
      const times = await this.#pairs();
      const first = load.asked.length;
      let staleInEffect = 0;
      const restarts = this.#servers.specs
        .slice(0, this.#size.restarts)
        .map(({ id }, n, all) => ({ id, at: Math.ceil(((n + 1) * changes) / (all.length + 1)) }));
      for (let n = 1; n <= changes; n += 1) {
        await this.#change(n);
        if (await this.#staleTakesEffect()) staleInEffect += 1;
        await sleep(60);
        for (const { id, at } of restarts) if (at === n) await this.#restart(id, n);
      }
      await load.until(first + requests);
      await load.stop();
      const asked = load.asked.slice(first);
      return {
        ...judge(this.#changes, asked, this.#router.abilities.hash),
        ...{ requests: asked.length, changes, lost: asked.filter(({ lost }) => lost !== undefined) },
        ...{ ...times, staleInEffect, staleTried: changes },
      };
    } finally {
      await load.stop();
    }
  }

  /** Shares and salts far apart in turn, so that any mixture of two routes sends every tenth user elsewhere. */
  #route(n: number): DesiredRoute {
    this.#fence += 1;
    return {
      ...{ fence: this.#fence, release: 'bench', period: 'gray', stable: 'a', servers: this.#places },
      split: {
        ...{ shareBp: n % 2 === 0 ? 500 + 20 * n : 9_500 - 20 * n, salt: `salt-${n % 2}`, rest: 'stable' },
        ...{ alwaysGray: Array.from({ length: 20 }, (_, listed) => userName(listed)), alwaysStable: [] },
      },
    };
  }

  /** The bare change and ours in turn, so that whatever else the machine does hits both. Ends with ours. */
  async #pairs(): Promise<Pick<Measured, 'bare' | 'setAndConfirm'>> {
    const [bare, setAndConfirm]: [number[], number[]] = [[], []];
    const uncounted = warmUp(this.#size);
    for (let n = 0; n < uncounted + this.#size.pairs; n += 1) {
      bare.push(await this.#bareChange(n + 1));
      await sleep(60);
      setAndConfirm.push(await this.#change(n));
      await sleep(60);
    }
    return { bare: bare.slice(uncounted), setAndConfirm: setAndConfirm.slice(uncounted) };
  }

  async #bareChange(n: number): Promise<number> {
    const route = this.#route(n);
    const began = clockMs();
    await this.#bench.bare(route);
    return clockMs() - began;
  }

  /** Milliseconds from the write to its confirmation. */
  async #change(n: number): Promise<number> {
    const route = this.#route(n);
    const beganMs = clockMs();
    const at = this.#changes.push({ route, beganMs, confirmedMs: Number.POSITIVE_INFINITY }) - 1;
    const { instance } = await this.#router.apply(route);
    await this.#confirm(route, instance);
    const confirmedMs = clockMs();
    this.#changes[at] = { route, beganMs, confirmedMs };
    return confirmedMs - beganMs;
  }

  async #confirm(desired: DesiredRoute, since: string): Promise<void> {
    const order = { desired, version, expected: { gray: '1', stable: '1' }, formerly: [], since };
    for (let attempt = 1; ; attempt += 1) {
      const { ok, problems } = await this.#router.confirm(order);
      if (ok) return;
      if (attempt === 10) throw new Error(`not confirmed: ${problems.join('; ')}`);
      await sleep(100);
    }
  }

  /** A worker that comes late, with the fence before the one in force and another share. */
  async #staleTakesEffect(): Promise<boolean> {
    const held = this.#changes.at(-1)?.route;
    if (held === undefined) return false;
    const late = { ...held, fence: held.fence - 1, split: { ...held.split, shareBp: 5_000, alwaysGray: [] } };
    const refused = await this.#bench
      .connect()
      .apply(late)
      .then(
        () => false,
        (error: unknown) => error instanceof GrayError && error.code === 'staleFence',
      );
    return !refused || canonical((await this.#router.read()).route) !== canonical(held);
  }

  /** As leveling does it: out of its pool, drained, restarted, back. */
  async #restart(id: string, n: number): Promise<void> {
    const place = this.#places[id] ?? 'out';
    this.#places = { ...this.#places, [id]: 'out' };
    await this.#change(n);
    await this.#router.drain({ servers: [id], patienceMs: 10_000 });
    await this.#servers.restart(id);
    this.#places = { ...this.#places, [id]: place };
    await this.#change(n);
  }
}
