/** The contract of every router, run over a bench of each kind. What a kind cannot do is said by its abilities. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RouterBench } from './bench.ts';
import { type Also, alsoContract } from './contract/also.ts';
import { confirmContract } from './contract/confirm.ts';
import { drainContract } from './contract/drain.ts';
import { loadContract } from './contract/load.ts';
import { membershipContract } from './contract/membership.ts';
import { rampContract } from './contract/ramp.ts';
import { restartContract } from './contract/restart.ts';
import { segmentsContract } from './contract/segments.ts';
import { splitContract } from './contract/split.ts';
import { RouterWorld } from './contract/world.ts';
import { writesContract } from './contract/writes.ts';

/** How the suite is run; what is not said is everything the contract asks for. */
export interface ContractOptions {
  /** Users of the ramp test. */
  readonly users?: number;
  /** Requests in flight at the same time in the ramp test. */
  readonly concurrency?: number;
  /** The longest list that the program of this router takes in one route step; its page has to say so. */
  readonly listed?: number;
  /** Changes under load. */
  readonly changes?: number;
  /** What this bench has a hook for, beyond what every bench has. */
  readonly also?: readonly Also[];
  /** False: this router knows no segments yet. */
  readonly segments?: boolean;
}

/** One bench serves the whole suite: every test sets its own route, with the next fence. */
export function routerContract(name: string, setup: () => Promise<RouterBench>, options: ContractOptions = {}): void {
  const { users = 5_000, concurrency = 16, listed = 100_000, also = [], segments = true, changes } = options;
  const world = new RouterWorld();

  describe(`the ${name} router`, () => {
    beforeAll(() => world.start(setup));
    afterAll(() => world.end());

    test('holds everybody on pool a, spares out, before any release', async () => {
      const { route } = await world.router.read();
      expect(route).toMatchObject({ fence: 0, release: '', period: 'normal', stable: 'a' });
      expect(route.split).toMatchObject({ shareBp: 0, alwaysGray: [], alwaysStable: [], rest: 'stable' });
      const places = world.bench.servers.map(({ id, spare }) => [id, spare ? 'out' : 'a']);
      expect(route.servers).toEqual(Object.fromEntries(places));
      await expect(world.armAt(route, 'anybody')).resolves.toBe('stable');
    });

    writesContract(world);
    rampContract(world, { users, concurrency });
    splitContract(world, listed);
    if (segments) segmentsContract(world);
    confirmContract(world);
    membershipContract(world);
    drainContract(world);
    loadContract(world, changes);
    alsoContract(world, also);
    restartContract(world);
  });
}
