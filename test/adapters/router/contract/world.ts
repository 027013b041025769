/** What every part of the contract uses: the bench, one worker's handle, routes with the next fence, and questions to them. */
import { expect } from 'vitest';
import type { Confirmation, ConfirmRequest, Router } from '../../../../src/adapters/router/port.ts';
import { GrayError } from '../../../../src/domain/errors.ts';
import type { DesiredRoute, Split } from '../../../../src/domain/route.ts';
import type { Arm, Place } from '../../../../src/domain/server.ts';
import { assign, bucketOf, poolOf } from '../../../../src/domain/split.ts';
import type { UserHash } from '../../../../src/domain/user-hash.ts';
import { eventually } from '../../../support/processes.ts';
import type { Attributes, Entrance, RouterBench } from '../bench.ts';

export type Change = Partial<Omit<DesiredRoute, 'split'>> & { readonly split?: Partial<Split> };

const baseSplit: Split = { shareBp: 0, salt: 'contract', alwaysGray: [], alwaysStable: [], rest: 'stable' };

export interface UserWish {
  readonly salts: readonly string[];
  readonly fits: (buckets: readonly number[]) => boolean;
  readonly not?: string;
}

export class RouterWorld {
  #running: { readonly bench: RouterBench; readonly router: Router } | undefined;
  #fence = 0;

  async start(setup: () => Promise<RouterBench>): Promise<void> {
    const bench = await setup();
    this.#running = { bench, router: bench.connect() };
  }

  async end(): Promise<void> {
    await this.#running?.bench.end();
  }

  get bench(): RouterBench {
    return this.#started.bench;
  }

  get router(): Router {
    return this.#started.router;
  }

  get #started() {
    if (this.#running === undefined) throw new Error('the bench was not started');
    return this.#running;
  }

  /** Two servers per pool, the rest out, nobody on gray; `change` on top, with the next fence. */
  route(change: Change = {}): DesiredRoute {
    this.#fence += 1;
    const places = this.bench.servers.map(({ id }, n): [string, Place] => [id, n < 2 ? 'a' : n < 4 ? 'b' : 'out']);
    return {
      fence: this.#fence,
      release: 'gray-release/contract run-1',
      period: 'normal',
      stable: 'a',
      servers: Object.fromEntries(places),
      ...change,
      split: { ...baseSplit, ...change.split },
    };
  }

  async apply(change: Change = {}): Promise<DesiredRoute> {
    const desired = this.route(change);
    await this.router.apply(desired);
    return desired;
  }

  confirm(
    desired: DesiredRoute,
    more: Partial<Pick<ConfirmRequest, 'formerly' | 'formerSegments' | 'expected' | 'since'>> = {},
  ): Promise<Confirmation> {
    const usual = { formerly: [], expected: { gray: null, stable: null } };
    return this.router.confirm({ desired, version: this.bench.version, ...usual, ...more });
  }

  /** The arm whose pool answers `user`, or in words what happened instead. */
  async armAt(
    desired: DesiredRoute,
    user: string | null,
    entrance: Entrance = 'public',
    attributes: Attributes = {},
  ): Promise<Arm | string> {
    const { status, server } = await this.bench.request(user, entrance, 'kept', attributes);
    return status === 200 && server !== null ? armOf(desired, server) : `status ${status}`;
  }

  get hash(): UserHash {
    return this.router.abilities.hash ?? 'xxh32';
  }

  /** Where the users of this router belong. */
  assign(desired: DesiredRoute, user: string | null, attributes: Attributes = {}): Arm {
    return assign(desired, user, attributes, this.hash);
  }

  /** An ordinary user whose bucket under the suite's salt is as asked. */
  userWhere(fits: (bucket: number) => boolean, not = ''): string {
    return this.userWith({ salts: [baseSplit.salt], fits: ([bucket = 0]) => fits(bucket), not });
  }

  /** The same for a bucket under each of `salts`. */
  userWith({ salts, fits, not = '' }: UserWish): string {
    for (let n = 0; ; n += 1) {
      const user = `someone-${n}`;
      if (user !== not && fits(salts.map((salt) => bucketOf(salt, user, this.hash)))) return user;
    }
  }

  async serverOf(user: string | null): Promise<string> {
    const { server, status } = await this.bench.request(user);
    expect({ user, status, answered: server !== null }).toEqual({ user, status: 200, answered: true });
    return server ?? '';
  }

  /** The servers that answer `count` requests of one stable user. */
  async serversOf(count: number): Promise<string[]> {
    const answers = new Set<string>();
    for (let n = 0; n < count; n += 1) answers.add(await this.serverOf('anna'));
    return [...answers].sort();
  }

  /** Stops a server and waits until the router has seen it. */
  async died(id: string): Promise<void> {
    await this.bench.stopServer(id);
    await eventually(async () => (await this.router.read()).servers[id]?.up === false);
  }

  async restored(id: string): Promise<void> {
    await this.bench.startServer(id);
    await eventually(async () => (await this.router.read()).servers[id]?.up);
  }

  async openAt(id: string): Promise<number | undefined> {
    return (await this.router.read()).servers[id]?.openSessions;
  }

  id(at: number): string {
    const server = this.bench.servers[at];
    if (server === undefined) throw new Error(`the bench has no server ${at}`);
    return server.id;
  }

  place(at: number, where: Place): Record<string, Place> {
    return { [this.id(at)]: where };
  }

  allOut(): Record<string, Place> {
    return Object.fromEntries(this.bench.servers.map(({ id }): [string, Place] => [id, 'out']));
  }
}

export const idsIn = (route: DesiredRoute, where: Place): string[] =>
  Object.entries(route.servers).flatMap(([id, found]) => (found === where ? [id] : []));

function armOf(route: DesiredRoute, server: string): Arm | string {
  const found = route.servers[server];
  if (found === poolOf(route, 'stable')) return 'stable';
  return found === poolOf(route, 'gray') ? 'gray' : `${server}, which is ${found ?? 'unknown'}`;
}

export const failed = (confirmation: Confirmation): string[] =>
  confirmation.probes.flatMap(({ ok, who }) => (ok ? [] : [who]));

export const refusal = async (call: Promise<unknown>): Promise<GrayError> => {
  const error = await call.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof GrayError) return error;
  throw error;
};
