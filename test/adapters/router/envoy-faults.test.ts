/** Envoy: writers that die or freeze, files changed by hand, servers that die, and its page. */
import { chmod, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnvoyHooks } from '../../../src/adapters/router/envoy/apply.ts';
import { filesIn } from '../../../src/adapters/router/envoy/names.ts';
import { envoyRouter } from '../../../src/adapters/router/envoy.ts';
import { canonical, type DesiredRoute, type Split } from '../../../src/domain/route.ts';
import { assign } from '../../../src/domain/split.ts';
import { Envoy } from '../../support/envoy.ts';
import { asHeader, http } from '../../support/http.ts';
import { eventually } from '../../support/processes.ts';
import { refusal } from './contract/world.ts';
import { type HttpServers, httpBench, startServers, versionProbe } from './http-bench.ts';

let servers: HttpServers;
let envoy: Envoy;
let bench: ReturnType<typeof httpBench>;

beforeAll(async () => {
  servers = await startServers();
  envoy = await Envoy.start({ servers: servers.specs, workers: 3 });
  bench = httpBench(servers, { public: envoy.spec.entrance, probe: envoy.spec.probe });
});
afterAll(async () => {
  await envoy.end();
  await bench.end();
});

const context = () => ({ target: 'contract', servers: servers.specs });
const router = (hooks: EnvoyHooks = {}, change: Partial<Envoy['spec']> = {}) =>
  envoyRouter({ ...envoy.spec, ...change }, context(), hooks);
const held = async () => (await router().read()).route;
const file = (path: string) => readFile(path, 'utf8');
const files = () => filesIn(envoy.spec.dir);

const base: Split = { shareBp: 500, salt: 'faults', alwaysGray: [], alwaysStable: [], rest: 'stable' };
const places = { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'out' } as const;
let fence = 0;

function route(split: Partial<Split> = {}, change: Partial<DesiredRoute> = {}): DesiredRoute {
  fence += 1;
  const rest = { fence, release: 'faults', period: 'gray', stable: 'a', servers: places } as const;
  return { ...rest, ...change, split: { ...base, ...split } };
}

async function apply(split: Partial<Split> = {}, change: Partial<DesiredRoute> = {}): Promise<DesiredRoute> {
  const desired = route(split, change);
  await router().apply(desired);
  return desired;
}

const confirm = (desired: DesiredRoute) =>
  router().confirm({ desired, version: versionProbe, expected: { gray: null, stable: null }, formerly: [] });

/** A write that stops at its `at`-th step until the returned call, or for ever; `ended` where it has fewer steps. */
async function stopped(desired: DesiredRoute, at: number) {
  let go: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  let end: Promise<string> | undefined;
  const step = await new Promise<string>((resolve) => {
    let count = -1;
    const onStep = (name: string) => {
      count += 1;
      if (count !== at) return;
      resolve(name);
      return gone;
    };
    end = router({ onStep })
      .apply(desired)
      .then(
        () => 'applied',
        (error: { code?: string }) => error.code ?? String(error),
      );
    void end.then(() => resolve('ended'));
  });
  return { step, go, end: () => end };
}

/** One server enters a pool, one leaves it, one changes it: every kind of step is in such a write. */
const moved = { s1: 'a', s2: 'out', s3: 'b', s4: 'a', s5: 'b' } as const;

describe('a writer', () => {
  test('that dies at any line leaves the old split or the new one, whole, and its repeat finishes it', async () => {
    let before = await apply();
    for (let at = 0; ; at += 1) {
      const desired = route({ shareBp: at % 2 === 0 ? 9_000 : 400 }, { servers: at % 2 === 0 ? moved : places });
      const { step, go, end } = await stopped(desired, at);
      const now = await held();
      const split = (one: DesiredRoute) => canonical({ ...one, servers: {} });
      expect([step, [split(before), split(desired)]]).toEqual([step, expect.arrayContaining([split(now)])]);
      if (step === 'ended') {
        expect(canonical(now)).toBe(canonical(desired));
        expect(at).toBeGreaterThan(20);
        break;
      }
      await router().apply(desired);
      // Whoever it was may even wake up again.
      go();
      await end();
      expect([step, (await confirm(desired)).problems]).toEqual([step, []]);
      before = desired;
    }
  });

  test('that freezes at any line changes nothing after a newer one', async () => {
    for (let at = 0; ; at += 1) {
      await apply();
      const { step, go, end } = await stopped(route({ shareBp: 9_000 }, { servers: moved }), at);
      if (step === 'ended') break;
      const newer = await apply({ shareBp: 0 }, { period: 'exception' });
      go();
      expect([step, await end()]).toEqual([step, 'staleFence']);
      expect(canonical(await held())).toBe(canonical(newer));
      expect((await confirm(newer)).problems).toEqual([]);
    }
  });

  test('that repeats what runs replaces no file', async () => {
    const desired = await apply();
    const steps: string[] = [];
    await router({ onStep: (step) => void steps.push(step) }).apply(desired);
    expect(steps).toEqual([]);
  });

  test('whose files Envoy does not follow gets a clear error, and so does one that may not write', async () => {
    const before = await apply();
    await chmod(envoy.spec.dir, 0o755);
    if (process.geteuid?.() === 0) process.seteuid?.(65_534);
    else await chmod(envoy.spec.dir, 0o500);
    const refused = await refusal(router().apply(route())).finally(async () => {
      if (process.getuid?.() === 0) process.seteuid?.(0);
      await chmod(envoy.spec.dir, 0o700);
    });
    expect(refused.message).toMatch(/route\.json/);
    expect(canonical(await held())).toBe(canonical(before));
    // The files at rest of another Envoy: this one stays as it is.
    const other = await Envoy.start({ servers: servers.specs });
    const deaf = await refusal(
      router({ withinMs: 200 }, { dir: other.spec.dir, admin: other.spec.admin }).apply(route()),
    );
    await other.end();
    expect(deaf).toMatchObject({ code: 'routeNotConfirmed', transient: true });
    expect(deaf.message).toMatch(/0\.2 s after its files in .* were replaced Envoy still decides by generation \d+-/);
  });
});

describe('Envoy', () => {
  test('whose route file was changed by hand is found by confirm, and mended by the next write', async () => {
    const desired = await apply();
    await envoy.replace('route.json', (await file(files().route)).replace('"shareBp":500', '"shareBp":9500'));
    await eventually(async () => !(await confirm(desired)).ok);
    expect((await confirm(desired)).problems.join()).toMatch(
      /route\.json was changed by hand; the next write mends it/,
    );
    const next = await apply();
    expect((await confirm(next)).problems).toEqual([]);
  });

  test('is not moved by files that are no files of ours, and follows the next write', async () => {
    const desired = await apply();
    await envoy.replace('route.json', '{ nonsense');
    await envoy.replace('servers-a.json', '[]');
    expect(canonical(await held())).toBe(canonical(desired));
    expect((await confirm(desired)).problems.join()).toMatch(/holds generation none, and Envoy runs \d+-/);
    await router().apply(desired);
    expect((await confirm(desired)).problems).toEqual([]);
  });

  test('draws by lists letter for letter, whatever signs they have', async () => {
    const odd = [
      'Eve',
      'a$b',
      '"q"',
      '\\',
      '%5',
      '.*',
      'a"},{"b',
      '用户',
      'x'.repeat(900),
      '{"endpoint"',
      '\t',
      'gray:1',
    ];
    const other = ['eve', 'a$B', 'q', 'x'.repeat(899), 'anna', '%', '*', 'gray'];
    const values = ['North', '1:2', '"', 'ö'];
    const segments = [{ name: 'some', header: 'x-branch', values }];
    const desired = await apply({
      shareBp: 3_000,
      salt: 'a"b\\',
      alwaysGray: odd,
      alwaysStable: ['eVe', 'q'],
      segments,
    });
    const arm = async (user: string, branch?: string) => {
      const headers = { 'x-user-id': asHeader(user), ...(branch !== undefined && { 'x-branch': asHeader(branch) }) };
      const { headers: told } = await http(`${envoy.spec.probe}/version`, { headers });
      return told['x-gray-arm'];
    };
    for (const user of [...odd, ...other, 'eVe'].filter((one) => one.trim() !== '')) {
      expect([user, await arm(user)]).toEqual([user, assign(desired, user)]);
    }
    for (const branch of [...values, 'north', '1', '1:2:']) {
      expect([branch, await arm('anna', branch)]).toEqual([branch, assign(desired, 'anna', { 'x-branch': branch })]);
    }
    expect((await confirm(desired)).problems).toEqual([]);
    expect(await refusal(router().apply(route({ alwaysGray: ['a\nb'] })))).toMatchObject({ code: 'routerRefused' });
  });

  test('reads the cookie where there is no header, and nothing from outside decides', async () => {
    const desired = await apply({ alwaysGray: ['eve'] });
    const ask = (headers: Record<string, string>, entrance = envoy.spec.probe) =>
      http(`${entrance}/version`, { headers });
    expect((await ask({ cookie: 'x=1; uid=eve; uid2=no' })).headers['x-gray-arm']).toBe('gray');
    expect((await ask({ cookie: 'uid=eve', 'x-user-id': 'anna' })).headers['x-gray-arm']).toBe(assign(desired, 'anna'));
    const forged = { 'x-gray-arm': 'gray', 'x-gray-pool': 'b', 'x-gray-probe': '1', 'x-gray-server': 's3' };
    const { headers, body } = await ask(forged, envoy.spec.entrance);
    expect(['s1', 's2']).toContain(headers['x-server']);
    expect(Object.keys(headers).filter((name) => name.startsWith('x-gray'))).toEqual([]);
    expect(JSON.parse(body).headers).toMatchObject({ 'x-gray-arm': 'stable', 'x-gray-pool': 'a' });
    expect(JSON.parse(body).headers).not.toHaveProperty('x-gray-probe');
    expect((await http(`${envoy.spec.entrance}/.gray-release/generation`, {})).body).not.toMatch(/worker=/);
  });

  test('has seen a server that was just started alive when the write with it returns', async () => {
    const desired = await apply({ shareBp: 10_000 }, { servers: { ...places, s3: 'out', s4: 'out' } });
    await bench.stopServer('s3');
    await eventually(async () => (await router().read()).servers.s3?.up === false);
    await bench.startServer('s3');
    await apply({ shareBp: 10_000 }, { servers: { ...desired.servers, s3: 'b' } });
    expect((await bench.request('anna')).server).toBe('s3');
  });

  test('loses nobody when a server dies under load, nor when all of its pool do', async () => {
    await apply({}, { servers: { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'out' } });
    for (const dying of [['s2'], ['s1', 's2']]) {
      const answers: number[] = [];
      const load = Array.from({ length: 4 }, async () => {
        for (let n = 0; n < 40; n += 1) answers.push((await bench.request(null, 'public', 'fresh')).status);
      });
      await Promise.all(dying.map((id) => bench.stopServer(id)));
      await Promise.all(load);
      expect(answers.filter((status) => status !== 200)).toEqual([]);
      for (const id of dying) await bench.startServer(id);
      await eventually(async () => (await router().read()).servers.s2?.up && (await router().read()).servers.s1?.up);
    }
  });
});
