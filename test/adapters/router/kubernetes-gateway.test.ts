/**
 * The router of kind `kubernetes-gateway` against a stand-in of an API server and a stand-in of a gateway, over HTTP: what
 * is claimed here is about our calls, our rules and our fence, not about any gateway. No cluster is run.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubernetesGatewayDoctor } from '../../../src/adapters/router/kubernetes-gateway.ts';
import { canonical } from '../../../src/domain/route.ts';
import { alsoContract } from './contract/also.ts';
import { confirmContract } from './contract/confirm.ts';
import { loadContract } from './contract/load.ts';
import { rampContract } from './contract/ramp.ts';
import { splitContract } from './contract/split.ts';
import { RouterWorld, refusal } from './contract/world.ts';
import { writesContract } from './contract/writes.ts';
import { type KubernetesBench, kubernetesBench } from './kubernetes-gateway-bench.ts';

const world = new RouterWorld();
let bench: KubernetesBench;

const held = async () => canonical((await world.router.read()).route);

/** The `at`-th patch that `which` fits waits until the returned call. */
function freeze(which: (path: string) => boolean, at = 1): { readonly reached: Promise<void>; go(): void } {
  let go: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let count = 0;
  bench.api.onPatch = (path) => {
    if (!which(path)) return;
    count += 1;
    if (count !== at) return;
    arrive();
    return gone;
  };
  return { reached, go };
}

const isRoute = (path: string) => path.includes('/httproutes/');
const isPod = (path: string) => path.includes('/pods/');

beforeAll(() =>
  world.start(async () => {
    bench = await kubernetesBench();
    return bench;
  }),
);
afterAll(() => world.end());

// The parts of the contract that need nothing a cluster cannot tell: no counts of open requests, no health of a pool.
describe('the kubernetes-gateway router', () => {
  test('holds what the labels of the pods say, before any release', async () => {
    const { route } = await world.router.read();
    expect(route).toMatchObject({ fence: 0, release: '', period: 'normal', stable: 'a' });
    expect(route.servers).toEqual({ s1: 'a', s2: 'a', s3: 'a', s4: 'a', s5: 'out' });
  });

  writesContract(world);
  rampContract(world, { users: 1_000, concurrency: 16 });
  splitContract(world, 2_000);
  confirmContract(world);
  loadContract(world);
  alsoContract(world, ['credentials']);
});

describe('the fence', () => {
  test.each([
    ['before its claim', isRoute, 1],
    ['before a pod', isPod, 3],
    ['before its rules', isRoute, 2],
    ['before a pod leaves', isPod, 6],
  ] as const)('a writer frozen %s changes nothing after a newer one', async (_where, which, at) => {
    const frozen = freeze(which, at);
    const late = refusal(bench.connect().apply(world.route({ period: 'gray', split: { shareBp: 9_000 } })));
    await frozen.reached;
    const newer = await world.apply({
      period: 'exception',
      servers: { s1: 'a', s2: 'a', s3: 'out', s4: 'out', s5: 'out' },
    });
    frozen.go();
    expect(await late).toMatchObject({ code: 'staleFence', details: { seen: newer.fence } });
    expect(await held()).toBe(canonical(newer));
    expect((await world.confirm(newer)).problems).toEqual([]);
  });

  test('kubelets and controllers that change the objects meanwhile delay a write, and do not stop it', async () => {
    bench.api.kubeletEvery = 3;
    const desired = await world.apply({ period: 'gray', split: { shareBp: 300 } });
    bench.api.kubeletEvery = 0;
    expect(await held()).toBe(canonical(desired));
  });

  test('a write that died half-way is finished by its repeat', async () => {
    for (const at of [1, 2]) {
      let count = 0;
      bench.api.loseReply = (path) => isRoute(path) && ++count === at;
      const desired = world.route({ period: 'gray', split: { shareBp: 100 * at } });
      expect(await refusal(world.router.apply(desired))).toMatchObject({ code: 'routerUnreachable' });
      bench.api.loseReply = () => false;
      await world.router.apply(desired);
      expect(await held()).toBe(canonical(desired));
      expect((await world.confirm(desired)).problems).toEqual([]);
    }
  });

  test('a repeat of what is in force patches nothing', async () => {
    const desired = await world.apply();
    let patches = 0;
    bench.api.onPatch = () => {
      patches += 1;
    };
    await world.router.apply(desired);
    expect(patches).toBe(0);
  });
});

describe('confirm', () => {
  test('names a gateway that has not taken the route, or has refused it', async () => {
    bench.gateway.asleep = true;
    const desired = await world.apply({ period: 'gray', split: { shareBp: 5_000 } });
    const late = await world.confirm(desired);
    expect(late.ok).toBe(false);
    expect(late.problems).toContain('test/gateway has not seen the newest HTTPRoute');
    bench.gateway.asleep = false;
    bench.gateway.says = { status: 'False', reason: 'UnsupportedValue' };
    expect((await world.confirm(desired)).problems).toContain('test/gateway: Accepted is False, UnsupportedValue');
    bench.gateway.says = null;
    await world.confirm(desired);
    expect((await world.confirm(desired)).problems).toEqual([]);
  });

  test('finds rules and labels that were changed by hand, and a repeat of the write mends them', async () => {
    const desired = await world.apply({ period: 'gray', split: { shareBp: 1_000 } });
    const { api } = bench;
    api.route.spec.rules = structuredClone(api.route.spec.rules.slice(-1));
    const pod = api.pods.get('s3');
    if (pod === undefined) throw new Error('no pod');
    pod.metadata.labels = { app: 'shop' };
    for (const object of [api.route, pod]) api.touch(object);
    const { problems } = await world.confirm(desired);
    expect(problems).toContain('the rules of the HTTPRoute are others');
    expect(problems).toContain('place of s3 is out, expected b');
    await world.router.apply(desired);
    await world.confirm(desired);
    expect((await world.confirm(desired)).problems).toEqual([]);
  });
});

describe('the edge', () => {
  test('that still sends buckets of an old salt reaches stable, also where rest is gray', async () => {
    const desired = await world.apply({ period: 'gray', split: { shareBp: 10_000, salt: 'new.salt', rest: 'gray' } });
    const { entrance } = bench.spec;
    const { http } = await import('../../support/http.ts');
    const poolFor = async (headers: Record<string, string>) =>
      (await http(`${entrance}/version`, { headers })).headers['x-gray-pool'];
    expect(await poolFor({ 'x-user-id': 'anna', 'x-gray-bucket': 'new.salt.0007' })).toBe('b');
    for (const bucket of ['old.0007', 'newxsalt.0007', '0007', 'new.salt.00071', 'x-new.salt.0007']) {
      expect(await poolFor({ 'x-user-id': 'anna', 'x-gray-bucket': bucket })).toBe('a');
    }
    expect(await poolFor({ 'x-user-id': 'anna' })).toBe('a');
    expect(await poolFor({})).toBe('b');
    expect(desired.split.rest).toBe('gray');
  });
});

describe('what does not fit', () => {
  test('a list beyond the limits of an HTTPRoute is refused before anything is changed', async () => {
    const before = await world.apply();
    const alwaysGray = Array.from({ length: 30_000 }, (_, n) => `a-listed-user-${n}`);
    expect(await refusal(world.router.apply(world.route({ split: { alwaysGray } })))).toMatchObject({
      code: 'routerRefused',
    });
    expect(await held()).toBe(canonical(before));
  });

  test('a server without a pod cannot enter, and says so', async () => {
    const pod = bench.api.pods.get('s4');
    bench.api.pods.delete('s4');
    const refused = await refusal(world.router.apply(world.route()));
    if (pod !== undefined) bench.api.pods.set('s4', pod);
    expect(refused).toMatchObject({ code: 'routerRefused', message: 'there is no pod s4' });
  });

  test('a pool that is to be empty is replaced by the other one as it is written', async () => {
    const servers = { s1: 'a', s2: 'out', s3: 'out', s4: 'out', s5: 'out' } as const;
    const desired = await world.apply({ period: 'gray', split: { shareBp: 5_000 }, servers });
    for (const user of ['anna', 'bert', 'cleo', null]) await expect(world.armAt(desired, user)).resolves.toBe('stable');
  });

  test('a wrong token is refused for good; an API server that is gone is unreachable', async () => {
    const stranger = await bench.withToken('wrong');
    expect(await refusal(stranger.read())).toMatchObject({
      code: 'routerRefused',
      message: expect.stringMatching(/Unauthorized/),
    });
    const other = await kubernetesBench();
    await other.api.stop();
    expect(await refusal(other.connect().read())).toMatchObject({ code: 'routerUnreachable' });
    await Promise.all([other.gateway.stop(), ...other.servers.map(({ id }) => other.stopServer(id))]);
  });
});

describe('drain', () => {
  test('gives all of its patience, because open requests cannot be seen', async () => {
    await world.apply();
    const before = performance.now();
    expect(await world.router.drain({ servers: ['s1'], patienceMs: 120 })).toEqual({ closed: {} });
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  });

  test('is refused when somebody has written since it began, and ends when it is cancelled', async () => {
    await world.apply();
    const drained = refusal(world.router.drain({ servers: ['s1'], patienceMs: 300 }));
    await bench.connect().apply(world.route());
    expect(await drained).toMatchObject({ code: 'staleFence' });
    const cancel = new AbortController();
    const cancelled = world.router.drain({ servers: ['s1'], patienceMs: 20_000, signal: cancel.signal });
    setTimeout(() => cancel.abort(), 50);
    await expect(cancelled).rejects.toThrow();
  });
});

describe('the doctor', () => {
  const complaints = async () => {
    const context = { target: 'shop', servers: bench.servers };
    return (await kubernetesGatewayDoctor(bench.spec, context)).flatMap(({ ok, what }) => (ok ? [] : [what]));
  };

  test('finds nothing wrong with what the page asks for, and names what is missing', async () => {
    await world.confirm(await world.apply());
    expect(await complaints()).toEqual([]);
    const { pods, services } = bench.api;
    const [pod, service] = [pods.get('s1'), services.get('shop-b')];
    if (pod === undefined || service === undefined) throw new Error('objects are missing');
    pods.delete('s2');
    pod.metadata.labels = { app: 'shop' };
    service.spec = { selector: { app: 'shop' } };
    services.delete('shop-a');
    expect(await complaints()).toEqual([
      'pod s1 has no label gray-release/pool',
      'there is no pod s2',
      expect.stringMatching(/shop-a not found/),
      'Service shop-b does not select pool b',
    ]);
  });
});
