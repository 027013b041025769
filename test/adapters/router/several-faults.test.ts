/** Two routers, one of which is dead, frozen, overtaken, edited by hand or behind. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Router } from '../../../src/adapters/router/port.ts';
import { commonAbilities } from '../../../src/adapters/router/several/merge.ts';
import { directAbort } from '../../../src/client/direct-abort.ts';
import { readReachable } from '../../../src/domain/partly.ts';
import { canonical, type DesiredRoute, type Split } from '../../../src/domain/route.ts';
import { eventually } from '../../support/processes.ts';
import { releaseSpec } from '../../support/release-spec.ts';
import { editRoute } from '../../support/router-process.ts';
import { startTwoRouters, type TwoRouters } from '../../support/two-routers.ts';
import { refusal } from './contract/world.ts';
import { type HttpServers, startServers, versionProbe } from './http-bench.ts';

let servers: HttpServers;
let routers: TwoRouters;
let both: Router;
let fence = 0;

beforeAll(async () => {
  servers = await startServers();
  routers = await startTwoRouters(servers.specs);
  both = routers.connect({ patienceMs: 700 });
});

afterAll(async () => {
  await routers?.end();
  await Promise.all((servers?.backends ?? []).map((backend) => backend.stop()));
});

beforeEach(async () => {
  await both.apply(route({ shareBp: 3_000 }));
});

function route(split: Partial<Split>, change: Partial<DesiredRoute> = {}): DesiredRoute {
  fence += 1;
  return {
    ...{ fence, release: 'gray-release/shop', period: 'gray', stable: 'a' },
    servers: { s1: 'a', s2: 'a', s3: 'a', s4: 'b', s5: 'out' },
    ...change,
    split: { shareBp: 0, salt: 'two', alwaysGray: [], alwaysStable: [], rest: 'stable', ...split },
  };
}

const confirmed = (desired: DesiredRoute) =>
  both.confirm({ desired, version: versionProbe, expected: { gray: null, stable: null }, formerly: [] });

const shareAt = async (which: 'edge' | 'inner') => (await routers.one(which).read()).route.split.shareBp;

test('an abort reaches the one that lives while the other is dead, names the dead one, and its repeat sets that one too', async () => {
  await routers.inner.current().kill();
  const abort = route({ shareBp: 0 }, { period: 'exception' });
  const refused = await refusal(both.apply(abort));
  expect(refused).toMatchObject({ code: 'routerUnreachable', details: { failed: ['inner'] } });
  expect(refused.message).toMatch(/inner: .*; done: edge/);
  expect(await shareAt('edge')).toBe(0);

  expect(await refusal(both.read())).toMatchObject({ code: 'routerUnreachable', transient: true });
  expect(canonical((await readReachable(both)).route)).toBe(canonical(abort));

  await routers.inner.start();
  expect(await shareAt('inner')).toBe(3_000);
  expect((await both.read()).route.split.shareBp).toBe(3_000);
  await both.apply(abort);
  expect(await confirmed(abort)).toMatchObject({ ok: true, problems: [] });
});

test('gray abort --direct takes users off gray at the one that lives', async () => {
  await routers.inner.current().kill();
  const spec = releaseSpec('shop', { servers: servers.specs, version: versionProbe, router: routers.spec });
  expect(await refusal(directAbort(spec, both))).toMatchObject({ details: { failed: ['inner'] } });
  expect((await routers.one('edge').read()).route).toMatchObject({ period: 'exception', release: 'operator' });
  expect(await shareAt('edge')).toBe(0);
  await routers.inner.start();
  const { after, confirmation } = await directAbort(spec, both);
  expect(confirmation).toMatchObject({ ok: true, problems: [] });
  expect(await shareAt('inner')).toBe(0);
  fence = after.fence;
});

test('an abort does not wait for a frozen one, and what the frozen one was told before loses against it', async () => {
  routers.inner.current().signal('SIGSTOP');
  try {
    const raising = both.apply(route({ shareBp: 9_000 })).catch((error: unknown) => error);
    await eventually(async () => (await shareAt('edge')) === 9_000);
    const began = performance.now();
    const abort = route({ shareBp: 0 }, { period: 'exception' });
    const aborting = refusal(both.apply(abort));
    await eventually(async () => (await shareAt('edge')) === 0);
    expect(performance.now() - began).toBeLessThan(600);
    expect(await aborting).toMatchObject({ code: 'routerUnreachable', details: { failed: ['inner'] } });
    expect(performance.now() - began).toBeLessThan(2_500);
    await raising;
    routers.inner.current().signal('SIGCONT');
    await both.apply(abort);
    expect(await confirmed(abort)).toMatchObject({ ok: true, problems: [] });
  } finally {
    routers.inner.current().signal('SIGCONT');
  }
});

test('a writer that one of them has seen overtaken is refused, with the highest fence of all', async () => {
  const mine = route({ shareBp: 4_000 });
  const theirs = { ...route({ shareBp: 0 }), fence: mine.fence + 5, release: 'operator' };
  await routers.one('inner').apply(theirs);
  expect(await refusal(both.apply(mine))).toMatchObject({
    code: 'staleFence',
    details: { asked: mine.fence, seen: theirs.fence, failed: ['inner'] },
  });
  expect((await both.read()).route).toMatchObject({ fence: theirs.fence, split: { shareBp: 4_000 } });
  fence = theirs.fence;
  await both.apply(route({ shareBp: 0 }));
  expect((await both.read()).route.split.shareBp).toBe(0);
});

test('confirm waits for all and names the one that differs', async () => {
  const desired = route({ shareBp: 3_000 });
  await both.apply(desired);
  await editRoute(routers.inner, (held) => ({ ...held, split: { ...held.split, shareBp: 200 } }));
  const { ok, problems } = await confirmed(desired);
  expect(ok).toBe(false);
  expect(problems.length).toBeGreaterThan(0);
  for (const problem of problems) expect(problem).toMatch(/^inner: /);
});

test('what is shown is the worst of them, and that they differ is seen by whoever watches', async () => {
  const { instance } = await both.read();
  await editRoute(routers.inner, (held) => ({
    ...held,
    split: { ...held.split, shareBp: 5_000, alwaysGray: ['eve'], rest: 'gray' },
  }));
  const worse = await both.read();
  expect(worse.route.split).toMatchObject({ shareBp: 5_000, alwaysGray: ['eve'], rest: 'gray' });
  await editRoute(routers.inner, (held) => ({
    ...held,
    split: { ...held.split, shareBp: 10, alwaysGray: [], rest: 'stable' },
  }));
  const lower = await both.read();
  expect(lower.route.split.shareBp).toBe(3_000);
  expect(lower.instance).not.toBe(instance);
  expect(lower.instance).toContain('(differs)');
  await both.apply(route({ shareBp: 3_000 }));
  expect((await both.read()).instance).not.toContain('(differs)');
});

test('a share in period normal counts for nothing beside one in effect', async () => {
  await routers.one('edge').apply(route({ shareBp: 8_000 }, { period: 'normal' }));
  expect((await both.read()).route).toMatchObject({ period: 'gray', split: { shareBp: 3_000 } });
});

test('a server is up only where all say so', async () => {
  await servers.backends[2]?.stop();
  await eventually(async () => (await both.read()).servers.s3?.up === false);
  await servers.backends[2]?.start();
  await eventually(async () => (await both.read()).servers.s3?.up);
});

test('several can do what all of them can', () => {
  const fine = routers.one('edge').abilities;
  const coarse = { ...fine, granularityBp: 40, dropsOnChange: true, closesSessions: false };
  expect(commonAbilities([fine, { ...fine, granularityBp: 25 }, coarse])).toEqual({
    ...fine,
    ...{ kind: 'several', granularityBp: 200, dropsOnChange: true, closesSessions: false },
  });
});
