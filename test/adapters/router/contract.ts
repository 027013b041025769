/** The contract of every router. What a kind cannot do is switched by its abilities, and the test then says so. */
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultyRouter } from '../../../src/adapters/router/faulty.ts';
import type { Confirmation, Router } from '../../../src/adapters/router/port.ts';
import { GrayError } from '../../../src/domain/errors.ts';
import type { DesiredRoute, Split } from '../../../src/domain/route.ts';
import { canonical } from '../../../src/domain/route.ts';
import type { Arm, Place } from '../../../src/domain/server.ts';
import { allUsersBp, assign, bucketOf, poolOf } from '../../../src/domain/split.ts';
import { eventually } from '../../support/processes.ts';
import type { Entrance, RouterBench } from './bench.ts';

/** How the suite is run; what is not said is everything the contract asks for. */
export interface ContractOptions {
  /** Users of the ramp test. */
  readonly users?: number;
  /** Requests in flight at the same time. */
  readonly concurrency?: number;
}

type Change = Partial<Omit<DesiredRoute, 'split'>> & { readonly split?: Partial<Split> };

export function routerContract(name: string, setup: () => Promise<RouterBench>, options: ContractOptions = {}): void {
  const { users: userCount = 1_000, concurrency = 8 } = options;
  const users = Array.from({ length: userCount }, (_, n) => `user-${n}`);

  describe(`the ${name} router`, () => {
    let bench: RouterBench;
    let router: Router;
    let fence = 0;

    beforeAll(async () => {
      bench = await setup();
      router = bench.connect();
    });
    afterAll(() => bench?.end());

    /** The base of every test: two servers per pool, one out, nobody on gray; `change` on top, with the next fence. */
    const route = (change: Change = {}): DesiredRoute => {
      fence += 1;
      return { ...baseRoute(bench, fence), ...change, split: { ...baseSplit, ...change.split } };
    };
    const apply = async (change: Change = {}) => {
      const desired = route(change);
      await router.apply(desired);
      return desired;
    };
    const confirm = (
      desired: DesiredRoute,
      more: { formerly?: string[]; expected?: Record<Arm, string | null> } = {},
    ) =>
      router.confirm({
        desired,
        version: bench.version,
        expected: more.expected ?? { gray: null, stable: null },
        formerly: more.formerly ?? [],
      });
    const armAt = async (desired: DesiredRoute, user: string | null, entrance: Entrance = 'public') => {
      const { status, server } = await bench.request(user, entrance);
      return status === 200 && server !== null ? armOf(desired, server) : `status ${status}`;
    };
    const restored = async (id: string) => {
      await bench.startServer(id);
      await eventually(async () => (await router.read()).servers[id]?.up);
    };
    const died = async (id: string) => {
      await bench.stopServer(id);
      await eventually(async () => (await router.read()).servers[id]?.up === false);
    };

    test('holds everybody on pool a, spares out, before any release', async () => {
      const { route: held } = await router.read();
      expect(held).toMatchObject({ fence: 0, release: '', period: 'normal', stable: 'a' });
      expect(held.split).toMatchObject({ shareBp: 0, alwaysGray: [], alwaysStable: [], rest: 'stable' });
      expect(held.servers).toEqual(Object.fromEntries(bench.servers.map(({ id, spare }) => [id, spare ? 'out' : 'a'])));
      await expect(armAt(held, 'anybody')).resolves.toBe('stable');
    });

    describe('a write', () => {
      test('is read back as it was written, by every worker', async () => {
        const desired = route({ split: { shareBp: 1_234, alwaysGray: ['eve'], alwaysStable: ['bob'], rest: 'gray' } });
        const written = await router.apply(desired);
        const read = await bench.connect().read();
        expect(canonical(written.route)).toBe(canonical(desired));
        expect(canonical(read.route)).toBe(canonical(desired));
        expect(Object.keys(read.servers).sort()).toEqual(Object.keys(desired.servers).sort());
      });

      test('changes nothing when it is repeated', async () => {
        const desired = await apply({ split: { shareBp: 700, alwaysGray: ['x', 'y'] } });
        const again = await router.apply({ ...desired, split: { ...desired.split, alwaysGray: ['y', 'x'] } });
        expect(canonical(again.route)).toBe(canonical(desired));
      });

      test('with an older fence is refused, and names the fence that was seen', async () => {
        const old = route({ split: { shareBp: 5_000 } });
        const held = await apply();
        expect(await refusal(router.apply(old))).toMatchObject({
          code: 'staleFence',
          details: { asked: old.fence, seen: held.fence },
        });
        expect(canonical((await router.read()).route)).toBe(canonical(held));
      });

      test('with the fence in force and another content is refused', async () => {
        const held = await apply({ split: { shareBp: 100 } });
        for (const other of [
          { ...held, split: { ...held.split, shareBp: 200 } },
          { ...held, release: 'another release' },
          { ...held, servers: { ...held.servers, ...place(bench, 0, 'out') } },
        ]) {
          expect(await refusal(router.apply(other))).toMatchObject({
            code: 'staleFence',
            details: { asked: held.fence, seen: held.fence },
          });
        }
        expect(canonical((await router.read()).route)).toBe(canonical(held));
      });

      test('whose reply was lost took effect once, and its repeat is welcome', async () => {
        const lossy = faultyRouter(router);
        lossy.inject({ method: 'apply', call: 1, at: 'after' });
        const desired = route({ period: 'gray', split: { shareBp: 2_000 } });
        expect(await refusal(lossy.apply(desired))).toMatchObject({ code: 'routerUnreachable' });
        expect(canonical((await router.read()).route)).toBe(canonical(desired));
        expect(canonical((await lossy.apply(desired)).route)).toBe(canonical(desired));
      });

      test('of many writers at once ends at the highest fence, whole', async () => {
        const writes = Array.from({ length: 12 }, (_, n) =>
          route({ release: `writer-${n}`, period: 'gray', split: { shareBp: 100 * n, salt: `salt-${n}` } }),
        );
        const shuffled = writes.map((write, n) => ({ write, at: (n * 7) % writes.length })).sort((a, b) => a.at - b.at);
        const results = await Promise.allSettled(shuffled.map(({ write }) => bench.connect().apply(write)));
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'staleFence' });
        }
        const highest = writes.at(-1);
        expect(canonical((await router.read()).route)).toBe(highest && canonical(highest));
      });
    });

    describe('the split', () => {
      test(`sends each of ${userCount} users where assign() says, over a ramp, and nobody goes back`, async () => {
        let onGray = new Set<string>();
        for (const shareBp of [0, 100, 2_000, 5_000, allUsersBp]) {
          const desired = await apply({
            period: 'gray',
            split: { shareBp, rest: shareBp === allUsersBp ? 'gray' : 'stable' },
          });
          const arms = await pMap(users, async (user) => ({ user, arm: await armAt(desired, user) }), { concurrency });
          const mismatches = arms.filter(({ user, arm }) => arm !== assign(desired, user));
          expect(mismatches).toEqual([]);
          const gray = new Set(arms.flatMap(({ user, arm }) => (arm === 'gray' ? [user] : [])));
          expect([...onGray].filter((user) => !gray.has(user))).toEqual([]);
          onGray = gray;
        }
        expect(onGray.size).toBe(userCount);
      }, 120_000);

      test('is ignored in period normal, where only listed test users reach gray', async () => {
        const desired = await apply({ period: 'normal', split: { shareBp: allUsersBp, alwaysGray: ['tester-1'] } });
        for (const user of ['anna', 'bert', 'cleo']) await expect(armAt(desired, user)).resolves.toBe('stable');
        await expect(armAt(desired, 'tester-1')).resolves.toBe('gray');
      });

      test('puts always-stable before always-gray before the share', async () => {
        const low = userWhere((bucket) => bucket < 5_000);
        const high = userWhere((bucket) => bucket >= 5_000);
        const desired = await apply({
          period: 'gray',
          split: { shareBp: 5_000, alwaysGray: ['both', high], alwaysStable: ['both', `${low}`] },
        });
        await expect(armAt(desired, 'both')).resolves.toBe('stable');
        await expect(armAt(desired, high)).resolves.toBe('gray');
        await expect(armAt(desired, low)).resolves.toBe('stable');
        const other = userWhere((bucket) => bucket < 5_000, low);
        await expect(armAt(desired, other)).resolves.toBe('gray');
      });

      test('sends requests without identity and always-stable users where rest says', async () => {
        for (const rest of ['stable', 'gray', 'stable'] as const) {
          const desired = await apply({ period: 'gray', split: { shareBp: 5_000, alwaysStable: ['bob'], rest } });
          await expect(armAt(desired, null)).resolves.toBe(rest);
          await expect(armAt(desired, 'bob')).resolves.toBe(rest);
        }
      });

      test('is the same at the probe entrance', async () => {
        const desired = await apply({ period: 'gray', split: { shareBp: 3_000, alwaysGray: ['eve'] } });
        for (const user of [null, 'eve', ...users.slice(0, 20)]) {
          await expect(armAt(desired, user, 'probe')).resolves.toBe(assign(desired, user));
        }
      });

      test('knows odd identities: long ones, with spaces and signs, and beyond ASCII', async () => {
        const odd = ['0', 'a b', 'x'.repeat(400), 'u:eve', 'cfg', '%41', 'a|b', 'true', 'zoë', '用户'];
        const desired = await apply({ period: 'gray', split: { shareBp: 5_000, alwaysGray: ['a b'] } });
        for (const user of odd) await expect(armAt(desired, user)).resolves.toBe(assign(desired, user));
      });

      test('keeps long lists whole', async () => {
        const alwaysGray = Array.from({ length: 2_000 }, (_, n) => `listed-${n}`);
        const desired = await apply({ period: 'gray', split: { alwaysGray } });
        for (const user of ['listed-0', 'listed-999', 'listed-1999']) {
          await expect(armAt(desired, user)).resolves.toBe('gray');
        }
        expect(canonical((await router.read()).route)).toBe(canonical(desired));
        const emptied = await apply({ period: 'exception' });
        await expect(armAt(emptied, 'listed-999')).resolves.toBe('stable');
      });

      test('turns around in one write when the other pool is called stable', async () => {
        const before = await apply({ period: 'gray', split: { shareBp: allUsersBp, rest: 'gray' } });
        await expect(armAt(before, 'anna')).resolves.toBe('gray');
        const after = await apply({ stable: 'b' });
        expect(poolOf(after, 'stable')).toBe('b');
        await expect(armAt(after, 'anna')).resolves.toBe('stable');
        expect(placeOf(after, await serverOf(bench, 'anna'))).toBe('b');
      });
    });

    describe('confirm', () => {
      test('passes on the route in force, with a probe for everyone who can exist at its share', async () => {
        const desired = await apply({
          period: 'gray',
          split: { shareBp: 2_500, alwaysGray: ['eve'], alwaysStable: ['bob'] },
        });
        const confirmation = await confirm(desired, { formerly: ['mallory'] });
        expect(confirmation).toMatchObject({ ok: true, problems: [] });
        expect(confirmation.probes.map(({ who }) => who).sort()).toEqual(
          ['above', 'alwaysGray', 'alwaysStable', 'anonymous', 'below', 'formerlyListed'].sort(),
        );
        expect(confirmation.probes.every(({ ok, answeredBy, expect: arm }) => ok && answeredBy === arm)).toBe(true);
      });

      test('names the share, the list and the server that differ', async () => {
        const held = await apply({ period: 'gray', split: { shareBp: 2_500, alwaysGray: ['eve'] } });
        const wished = {
          ...held,
          split: { ...held.split, shareBp: 9_000, alwaysGray: [] },
          servers: { ...held.servers, ...place(bench, 0, 'out') },
        };
        const confirmation = await confirm(wished);
        expect(confirmation.ok).toBe(false);
        const text = confirmation.problems.join('\n');
        expect(text).toMatch(/share/);
        expect(text).toMatch(/always-gray/);
        expect(text).toContain(idAt(bench, 0));
        expect(failed(confirmation)).toContain('below');
      });

      test('finds a formerly listed user who still reaches gray', async () => {
        const stable = userWhere((bucket) => bucket >= 100);
        const held = await apply({ period: 'exception', split: { alwaysGray: [stable] } });
        const confirmation = await confirm(
          { ...held, split: { ...held.split, alwaysGray: [] } },
          { formerly: [stable] },
        );
        expect(confirmation.ok).toBe(false);
        expect(failed(confirmation)).toContain('formerlyListed');
      });

      test('finds a server that answers with another version', async () => {
        const desired = await apply({ period: 'gray', split: { shareBp: 5_000 } });
        for (const id of idsIn(desired, 'b')) bench.setVersion(id, '2');
        const good = await confirm(desired, { expected: { gray: '2', stable: '1' } });
        expect(good).toMatchObject({ ok: true, problems: [] });
        const bad = await confirm(desired, { expected: { gray: '3', stable: '1' } });
        for (const id of idsIn(desired, 'b')) bench.setVersion(id, '1');
        expect(bad.ok).toBe(false);
        expect(failed(bad)).toContain('below');
        expect(failed(bad)).not.toContain('above');
      });
    });

    describe('membership', () => {
      test('a server that enters a pool serves, and one that leaves serves no more', async () => {
        const [first, second, third] = [idAt(bench, 0), idAt(bench, 1), idAt(bench, 2)];
        const all = Object.fromEntries(bench.servers.map(({ id }): [string, Place] => [id, 'out']));
        await apply({ servers: { ...all, [first]: 'a', [third]: 'b' } });
        expect(await serversOf(bench, 12)).toEqual([first]);
        await apply({ servers: { ...all, [first]: 'a', [second]: 'a', [third]: 'b' } });
        await eventually(async () => (await serversOf(bench, 12)).length === 2);
        await apply({ servers: { ...all, [second]: 'a', [third]: 'b' } });
        expect(await serversOf(bench, 12)).toEqual([second]);
      });

      test('a write that names an unknown server is refused and changes nothing', async () => {
        const held = await apply();
        const desired = route();
        const refused = await refusal(router.apply({ ...desired, servers: { ...desired.servers, nobody: 'a' } }));
        expect(refused).toMatchObject({ code: 'routerRefused' });
        expect(canonical((await router.read()).route)).toBe(canonical(held));
      });

      test.each(['gray', 'stable'] as const)(
        'the other pool answers while no server of the %s pool serves',
        async (arm) => {
          const desired = await apply({ period: 'gray', split: { shareBp: 5_000 } });
          const user = userWhere((bucket) => (arm === 'gray' ? bucket < 5_000 : bucket >= 5_000));
          const ids = idsIn(desired, poolOf(desired, arm));
          for (const id of ids) await died(id);
          const other: Arm = arm === 'gray' ? 'stable' : 'gray';
          for (let n = 0; n < 5; n += 1) await expect(armAt(desired, user)).resolves.toBe(other);
          expect((await confirm(desired)).ok).toBe(false);
          for (const id of ids) await restored(id);
          await eventually(async () => (await armAt(desired, user)) === arm);
          expect((await confirm(desired)).problems).toEqual([]);
        },
      );

      test('the other pool answers while one is empty', async () => {
        const out = Object.fromEntries(bench.servers.map(({ id }): [string, Place] => [id, 'out']));
        const desired = await apply({
          period: 'gray',
          split: { shareBp: 5_000 },
          servers: { ...out, [idAt(bench, 0)]: 'a' },
        });
        for (const user of ['anna', 'bert', 'cleo', null]) await expect(armAt(desired, user)).resolves.toBe('stable');
      });
    });

    describe('drain', () => {
      const leave = (held: DesiredRoute, server: string) => apply({ servers: { ...held.servers, [server]: 'out' } });

      test('returns at once where nothing is open, and so does its repeat', async () => {
        const held = await apply();
        const server = idAt(bench, 0);
        await leave(held, server);
        for (let n = 0; n < 2; n += 1) {
          await expect(router.drain({ servers: [server], patienceMs: 5_000 })).resolves.toEqual({ closed: {} });
        }
      });

      test('waits for an open request, which is answered', async () => {
        const held = await apply();
        const open = await bench.open('anna');
        await leave(held, open.server);
        await eventually(async () => (await router.read()).servers[open.server]?.openSessions === 1);
        let done = false;
        const drained = router.drain({ servers: [open.server], patienceMs: 20_000 }).finally(() => {
          done = true;
        });
        await eventually(async () => (await router.read()).servers[open.server]?.openSessions === 1);
        expect(done).toBe(false);
        open.end();
        await expect(open.ended).resolves.toBe('answered');
        await expect(drained).resolves.toEqual({ closed: {} });
      });

      test('closes what is still open when patience is over', async () => {
        const held = await apply();
        const open = await bench.open('anna');
        await leave(held, open.server);
        const before = performance.now();
        const drained = await router.drain({ servers: [open.server], patienceMs: 150 });
        expect(performance.now() - before).toBeGreaterThanOrEqual(140);
        if (router.abilities.closesSessions) {
          expect(drained.closed).toEqual({ [open.server]: 1 });
          await expect(open.ended).resolves.toBe('closed');
          await eventually(async () => (await router.read()).servers[open.server]?.openSessions === 0);
        }
        open.end();
      });

      test('closes nothing when somebody else has written since it began', async () => {
        const held = await apply();
        const open = await bench.open('anna');
        await leave(held, open.server);
        const drained = refusal(router.drain({ servers: [open.server], patienceMs: 400 }));
        await eventually(async () => (await router.read()).servers[open.server]?.openSessions === 1);
        await bench.connect().apply(route());
        expect(await drained).toMatchObject({ code: 'staleFence' });
        open.end();
        await expect(open.ended).resolves.toBe('answered');
      });

      test('ends when it is cancelled', async () => {
        const held = await apply();
        const open = await bench.open('anna');
        await leave(held, open.server);
        const cancel = new AbortController();
        const drained = router.drain({ servers: [open.server], patienceMs: 20_000, signal: cancel.signal });
        cancel.abort();
        await expect(drained).rejects.toThrow();
        open.end();
        await expect(open.ended).resolves.toBe('answered');
      });
    });

    describe('a restart of the router', () => {
      test('is seen by its instance, and keeps fence, split, lists and membership', async () => {
        const desired = await apply({
          period: 'gray',
          split: { shareBp: 4_000, alwaysGray: ['eve'], alwaysStable: ['bob'] },
        });
        const before = await router.read();
        await bench.restart();
        const after = await eventually(() => router.read().catch(() => null));
        expect(after.instance).not.toBe(before.instance);
        if (!router.abilities.survivesRestart) await router.apply(desired);
        expect(canonical((await router.read()).route)).toBe(canonical(desired));
        await eventually(async () => (await confirm(desired)).ok);
        for (const user of ['eve', 'bob', null, ...users.slice(0, 50)]) {
          await expect(armAt(desired, user)).resolves.toBe(assign(desired, user));
        }
        const stale = { ...desired, fence: desired.fence - 1, split: { ...desired.split, shareBp: allUsersBp } };
        expect(await refusal(router.apply(stale))).toMatchObject({ code: 'staleFence' });
      });

      test('leaves an instance that stays the same as long as it runs', async () => {
        const { instance } = await router.read();
        await apply({ split: { shareBp: 300 } });
        expect((await bench.connect().read()).instance).toBe(instance);
      });
    });

    describe('a change by hand', () => {
      test('is found by confirm, and the next write mends it', async () => {
        const desired = await apply({ period: 'gray', split: { shareBp: 1_000 } });
        await bench.drift((held) => ({ ...held, split: { ...held.split, shareBp: 9_000 } }));
        expect((await confirm(desired)).ok).toBe(false);
        expect((await confirm(await apply({ period: 'gray', split: { shareBp: 1_000 } }))).problems).toEqual([]);
      });
    });
  });
}

const baseSplit: Split = { shareBp: 0, salt: 'contract', alwaysGray: [], alwaysStable: [], rest: 'stable' };

const baseRoute = (bench: RouterBench, fence: number): DesiredRoute => ({
  fence,
  release: 'gray-release/contract run-1',
  period: 'normal',
  stable: 'a',
  split: baseSplit,
  servers: Object.fromEntries(
    bench.servers.map(({ id }, n): [string, Place] => [id, n < 2 ? 'a' : n < 4 ? 'b' : 'out']),
  ),
});

function idAt(bench: RouterBench, at: number): string {
  const server = bench.servers[at];
  if (server === undefined) throw new Error(`the bench has no server ${at}`);
  return server.id;
}

const place = (bench: RouterBench, at: number, where: Place): Record<string, Place> => ({ [idAt(bench, at)]: where });

const idsIn = (route: DesiredRoute, where: Place): string[] =>
  Object.entries(route.servers).flatMap(([id, found]) => (found === where ? [id] : []));

const placeOf = (route: DesiredRoute, server: string): Place | undefined => route.servers[server];

const armOf = (route: DesiredRoute, server: string): Arm | string => {
  const found = placeOf(route, server);
  if (found === poolOf(route, 'stable')) return 'stable';
  return found === poolOf(route, 'gray') ? 'gray' : `${server}, which is ${found ?? 'unknown'}`;
};

const failed = (confirmation: Confirmation): string[] =>
  confirmation.probes.flatMap(({ ok, who }) => (ok ? [] : [who]));

/** An ordinary user whose bucket under the suite's salt is as asked. */
function userWhere(fits: (bucket: number) => boolean, not = ''): string {
  for (let n = 0; ; n += 1) {
    const user = `someone-${n}`;
    if (user !== not && fits(bucketOf(baseSplit.salt, user))) return user;
  }
}

async function serverOf(bench: RouterBench, user: string | null): Promise<string> {
  const { server, status } = await bench.request(user);
  if (server === null) throw new Error(`no server answered ${user}: status ${status}`);
  return server;
}

/** The servers that answer `count` requests of one stable user. */
async function serversOf(bench: RouterBench, count: number): Promise<string[]> {
  const answers = await pMap(Array.from({ length: count }), () => serverOf(bench, 'anna'), { concurrency: 1 });
  return [...new Set(answers)].sort();
}

const refusal = async (call: Promise<unknown>): Promise<GrayError> => {
  const error = await call.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof GrayError) return error;
  throw error;
};
