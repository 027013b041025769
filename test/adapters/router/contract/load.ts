/** Changes while users come in: no answer mixes two routes, and no request is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Split } from '../../../../src/domain/route.ts';
import type { PoolName } from '../../../../src/domain/server.ts';
import type { Connection } from '../bench.ts';
import type { RouterWorld } from './world.ts';

/** Connections at the same time; every third one is new for each request. */
const loops = 9;
const keptLoops = 6;

const salts = { one: 'one', other: 'other' } as const;
const shares = { one: 9_000, other: 500 } as const;

type Watched = readonly (readonly [user: string | null, pool: PoolName])[];

/**
 * Two splits under which each watched user has the same pool. Any mixture of them, such as the share of one and the list
 * or the salt of the other, sends one of these users elsewhere.
 */
function twoSplits(world: RouterWorld): { readonly one: Split; readonly other: Split; readonly watched: Watched } {
  const user = (fits: (bucketOne: number, bucketOther: number) => boolean, not = '') =>
    world.userWith({ salts: [salts.one, salts.other], fits: ([first = 0, second = 0]) => fits(first, second), not });
  // By the lists of both; gray by both shares; stable by both; stable by the list of one and the share of the other.
  const listed = user((one, other) => one >= shares.one && other >= shares.other);
  const below = user((one, other) => one >= shares.other && one < shares.one && other < shares.other);
  const above = user((one, other) => one >= shares.one && other >= shares.other && other < shares.one, listed);
  const kept = user((one, other) => one < shares.one && other >= shares.other, above);
  return {
    one: { shareBp: shares.one, salt: salts.one, rest: 'stable', alwaysGray: [listed], alwaysStable: [kept] },
    other: {
      ...{ shareBp: shares.other, salt: salts.other, rest: 'stable' },
      ...{ alwaysGray: [listed, 'somebody'], alwaysStable: [] },
    },
    watched: [
      [listed, 'b'],
      [below, 'b'],
      [above, 'a'],
      [kept, 'a'],
      [null, 'a'],
    ],
  };
}

/** What a router that drops requests on a change may do: cut a kept connection that was idle. Never a fresh one, never an answer. */
const cut = /socket hang up|ECONNRESET|EPIPE/;

export function loadContract(world: RouterWorld, changes = 20): void {
  describe('under load', () => {
    test(`no answer mixes two routes, and no request is lost, over ${changes} changes`, async () => {
      const { one, other, watched } = twoSplits(world);
      await world.apply({ period: 'gray', split: one });
      const load = startLoad(world, watched);
      for (let n = 1; n <= changes; n += 1) {
        await world.apply({ period: 'gray', split: n % 2 === 0 ? one : other });
        await sleep(10);
      }
      const { answered, torn, lost } = await load.stop();
      const { atomic, dropsOnChange } = world.router.abilities;
      if (atomic) expect(torn).toEqual([]);
      expect(lost.fresh).toEqual([]);
      if (!dropsOnChange) expect(lost.kept).toEqual([]);
      else
        console.info(
          `${lost.kept.length} of ${answered} requests lost with their kept connection in ${changes} changes`,
        );
      expect(lost.kept.filter((why) => !cut.test(why))).toEqual([]);
      expect(lost.kept.length).toBeLessThanOrEqual(changes * keptLoops);
      expect(answered).toBeGreaterThan(200);
    }, 60_000);
  });
}

/** Asks the watched users in turn and never twice for one answer. */
function startLoad(world: RouterWorld, watched: Watched) {
  const lost: Record<Connection, string[]> = { kept: [], fresh: [] };
  const torn: string[] = [];
  let answered = 0;
  let running = true;
  const places = world.route().servers;
  const ask = async (turn: number, connection: Connection) => {
    const [user, pool] = watched[turn % watched.length] ?? [null, 'a'];
    const { status, server } = await world.bench.request(user, 'public', connection);
    if (status !== 200 || server === null) lost[connection].push(`status ${status}`);
    else if (places[server] !== pool) torn.push(`${user ?? 'nobody'} at ${server}`);
    answered += 1;
  };
  const working = Array.from({ length: loops }, async (_, loop) => {
    const connection = loop % 3 === 0 ? 'fresh' : 'kept';
    for (let turn = loop; running; turn += 1) {
      await ask(turn, connection).catch((error: unknown) => lost[connection].push(String(error)));
      await sleep(3);
    }
  });
  return {
    stop: async () => {
      running = false;
      await Promise.all(working);
      return { answered, torn, lost };
    },
  };
}
