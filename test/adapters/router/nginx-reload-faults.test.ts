/** nginx in reload mode: writers that die or freeze, files changed by hand, reloads that do nothing, and its page. */
import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReloadHooks } from '../../../src/adapters/router/nginx/reload/apply.ts';
import { type NginxReloadConfigOrder, nginxReloadConfig } from '../../../src/adapters/router/nginx/reload/config.ts';
import { masterOf, workersOf } from '../../../src/adapters/router/nginx/reload/process.ts';
import { nginxReloadDoctor, nginxReloadRouter } from '../../../src/adapters/router/nginx.ts';
import { canonical, type DesiredRoute, type Split } from '../../../src/domain/route.ts';
import { assign } from '../../../src/domain/split.ts';
import { NginxReload } from '../../support/nginx-reload.ts';
import { eventually } from '../../support/processes.ts';
import { refusal } from './contract/world.ts';
import { type HttpServers, httpBench, startServers, versionProbe } from './http-bench.ts';

let servers: HttpServers;
let nginx: NginxReload;
let bench: ReturnType<typeof httpBench>;

beforeAll(async () => {
  servers = await startServers();
  nginx = await NginxReload.start({ servers: servers.specs });
  bench = httpBench(servers, { public: nginx.spec.entrance, probe: nginx.spec.probe });
});
afterAll(async () => {
  await nginx.end();
  await bench.end();
});

const context = () => ({ target: 'contract', servers: servers.specs });
const router = (hooks: ReloadHooks = {}, change: Partial<NginxReload['spec']> = {}) =>
  nginxReloadRouter({ ...nginx.spec, ...change }, context(), hooks);
const held = async () => (await router().read()).route;

const base: Split = { shareBp: 500, salt: 'faults', alwaysGray: [], alwaysStable: [], rest: 'stable' };
let fence = 0;

function route(split: Partial<Split> = {}, change: Partial<DesiredRoute> = {}): DesiredRoute {
  fence += 1;
  const places = { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'out' } as const;
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

const workers = async () => (await workersOf(await masterOf(nginx.spec.pid))).map(({ pid }) => pid);

/** A write that stops at its `at`-th step until the returned call, or for ever; `null` where it has fewer steps. */
async function stopped(desired: DesiredRoute, at: number) {
  let go: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  let count = -1;
  const steps: string[] = [];
  const reached = new Promise<string>((resolve) => {
    const onStep = (step: string) => {
      steps.push(step);
      count += 1;
      if (count !== at) return;
      resolve(step);
      return gone;
    };
    const writing = router({ onStep }).apply(desired);
    ends.set(
      desired,
      writing.then(
        () => 'applied',
        (error: { code?: string }) => error.code ?? String(error),
      ),
    );
    void ends.get(desired)?.then(() => resolve('ended'));
  });
  return { step: await reached, go, end: () => ends.get(desired) };
}
const ends = new Map<DesiredRoute, Promise<string>>();

describe('a writer', () => {
  test('that dies at any line leaves the old route or the new one, and its repeat finishes it', async () => {
    let before = await apply();
    for (let at = 0; ; at += 1) {
      const desired = route({ shareBp: at % 2 === 0 ? 9_000 : 400 });
      const { step } = await stopped(desired, at);
      const now = canonical(await held());
      if (step === 'ended') {
        expect(now).toBe(canonical(desired));
        expect(at).toBeGreaterThan(9);
        break;
      }
      expect([step, now]).toEqual([step, canonical(before)]);
      await router().apply(desired);
      expect((await confirm(desired)).problems).toEqual([]);
      before = desired;
    }
  });

  test('that dies before its reload: the route that runs is shown, and that the file is another one', async () => {
    const before = await apply();
    const desired = route({ shareBp: 9_000 });
    for (let at = 0; ; at += 1) if ((await stopped(desired, at)).step === 'reload') break;
    expect(canonical(await held())).toBe(canonical(before));
    expect((await confirm(before)).problems.join()).toMatch(/route\.conf holds generation .* it was not reloaded/);
    // What a restart would do anyway.
    await nginx.restart();
    bench.reset();
    expect(canonical(await held())).toBe(canonical(desired));
    expect((await confirm(desired)).problems).toEqual([]);
  });

  test('that freezes at any line changes nothing after a newer one', async () => {
    await apply();
    for (let at = 0; ; at += 1) {
      const { step, go, end } = await stopped(route({ shareBp: 9_000 }), at);
      if (step === 'ended') break;
      const newer = await apply({ shareBp: 0 }, { period: 'exception' });
      go();
      expect([step, await end()]).toEqual([step, 'staleFence']);
      expect(canonical(await held())).toBe(canonical(newer));
      expect((await confirm(newer)).problems).toEqual([]);
    }
  });

  test('that repeats what runs reloads nothing', async () => {
    const desired = await apply();
    await eventually(async () => (await workers()).length === 2);
    const before = await workers();
    await router().apply(desired);
    await sleep(150);
    expect(await workers()).toEqual(before);
  });
});

describe('nginx', () => {
  test('refuses a configuration that somebody broke meanwhile: nothing is written, and its words are told', async () => {
    const before = await apply();
    const config = await readFile(nginx.spec.config, 'utf8');
    const file = await nginx.included();
    await appendFile(nginx.spec.config, 'nonsense;\n');
    const refused = await refusal(router().apply(route({ shareBp: 9_000 })));
    expect(refused).toMatchObject({ code: 'routerRefused' });
    expect(refused.message).toMatch(/nginx -t refuses the route: .*unknown directive "nonsense"/);
    expect(await nginx.included()).toBe(file);
    const absent = await refusal(router({}, { program: ['/nowhere/nginx'] }).apply(route()));
    expect(absent).toMatchObject({
      message: expect.stringMatching(/nowhere\/nginx cannot be started; is it on the PATH/),
    });
    await writeFile(nginx.spec.config, config.replaceAll('include ', 'imclude '));
    expect((await refusal(router().apply(route()))).message).toMatch(/has no line `include .*route\.conf;`/);
    await writeFile(nginx.spec.config, config);
    expect(canonical(await held())).toBe(canonical(before));
    expect((await confirm(before)).problems).toEqual([]);
  });

  test('that is told to reload and does not is a clear error, and the repeat finishes it', async () => {
    const before = await apply();
    const deaf = { reload: ['/bin/true'] };
    const desired = route({ shareBp: 700 });
    const refused = await refusal(router({ withinMs: 300 }, deaf).apply(desired));
    expect(refused).toMatchObject({ code: 'routeNotConfirmed', transient: true });
    expect(refused.message).toMatch(/after 0\.3 s fresh connections do not show generation \d+-\w+ \(last: \d+-\w+\)/);
    expect(canonical(await held())).toBe(canonical(before));
    await router().apply(desired);
    expect((await confirm(desired)).problems).toEqual([]);
    const failing = { reload: ['/bin/sh', '-c', 'echo no rights >&2; exit 1'] };
    expect(await refusal(router({}, failing).apply(route()))).toMatchObject({
      code: 'routerUnreachable',
      message: 'nginx could not be reloaded: no rights',
    });
  });

  test('is not changed by who may not write there, nor where it does not run', async () => {
    const before = await apply();
    const refused = await withoutRights(() => refusal(router().apply(route())));
    expect(refused.message).toMatch(/route\.conf cannot be written: EACCES/);
    expect(canonical(await held())).toBe(canonical(before));
    const gone = await refusal(router({}, { pid: `${nginx.spec.pid}.none` }).apply(route()));
    expect(gone).toMatchObject({ code: 'routerUnreachable', message: expect.stringMatching(/^no nginx runs by/) });
    await apply();
  });

  test('whose included file was edited by hand is found by confirm before it runs, and mended by the next write', async () => {
    const desired = await apply();
    await writeFile(nginx.spec.include, (await nginx.included()).replace('5.00% gray', '95.00% gray'));
    expect((await confirm(desired)).problems).toEqual([
      expect.stringMatching(/was changed by hand; the next write mends it/),
    ]);
    const next = await apply();
    expect((await confirm(next)).problems).toEqual([]);
  });

  test('whose included file was emptied is at rest, and the fence goes on', async () => {
    const before = await apply();
    await writeFile(nginx.spec.include, '');
    await nginx.restart();
    bench.reset();
    const resting = await held();
    expect(resting).toMatchObject({ fence: before.fence, release: '', period: 'normal', split: { shareBp: 0 } });
    expect((await confirm(resting)).problems).toEqual([]);
    const late = { ...before, fence: before.fence - 1 };
    expect(await refusal(router().apply(late))).toMatchObject({ code: 'staleFence' });
    expect((await confirm(await apply())).problems).toEqual([]);
  });

  test('draws by lists letter for letter, whatever signs they have', async () => {
    const odd = [
      'Eve',
      'a$b',
      `\${x}`,
      '"q"',
      "'",
      '\\',
      '\\d',
      '~e',
      '~^.*$',
      'default',
      'include',
      'hostnames',
      '*.x',
      '.x',
      '#',
      ';{',
    ];
    const other = ['EVE', 'eve', 'a$B', '$x', 'q', '\\D', 'e', 'anna', 'Default', 'y.x', ' ', 'x'];
    const values = ['North', '1$', '"'];
    const segments = [{ name: 'some', header: 'x-branch', values }];
    const desired = await apply({
      shareBp: 3_000,
      salt: 'a$b"c\\',
      alwaysGray: odd,
      alwaysStable: ['eVe', 'Default'],
      segments,
    });
    const arm = async (user: string, attributes = {}) => {
      const { server } = await bench.request(user, 'public', 'kept', attributes);
      return server === 's1' || server === 's2' ? 'stable' : 'gray';
    };
    for (const user of [...odd, ...other, 'eVe']) {
      expect([user, await arm(user)]).toEqual([user, assign(desired, user, {}, 'murmur2')]);
    }
    for (const value of [...values, 'north', '1', '1$$', "'"]) {
      const attributes = { 'x-branch': value };
      expect([value, await arm('anna', attributes)]).toEqual([value, assign(desired, 'anna', attributes, 'murmur2')]);
    }
    expect((await confirm(desired)).problems).toEqual([]);
    expect(await refusal(router().apply(route({ alwaysGray: ['x'.repeat(901)] })))).toMatchObject({
      code: 'routerRefused',
    });
  });

  test('counts what workers of earlier generations still have open', async () => {
    await apply({ shareBp: 0 });
    const open = await bench.stream('anna');
    await apply({ shareBp: 100 });
    await apply({ shareBp: 200 });
    expect((await router().read()).servers[open.server]?.openSessions).toBe(1);
    const places = { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'out', [open.server]: 'out' } as const;
    await apply({}, { servers: places });
    const drained = router().drain({ servers: [open.server], patienceMs: 10_000 });
    open.end();
    await expect(drained).resolves.toEqual({ closed: {} });
  });

  test('loses nobody when a server dies under load: a request that may be repeated goes to another one', async () => {
    await apply({}, { servers: { s1: 'a', s2: 'a', s3: 'a', s4: 'b', s5: 'out' } });
    const answers: number[] = [];
    const load = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 60; n += 1) answers.push((await bench.request(null, 'public', 'fresh')).status);
    });
    await bench.stopServer('s2');
    await Promise.all(load);
    expect(answers).toHaveLength(240);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    await bench.startServer('s2');
  });
});

/** As a user who owns nothing here; who is not root cannot become one, and closes the directory instead. */
async function withoutRights<T>(run: () => Promise<T>): Promise<T> {
  const folder = dirname(nginx.spec.include);
  const root = process.geteuid?.() === 0;
  await chmod(folder, root ? 0o755 : 0o500);
  if (root) process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    if (root) process.seteuid?.(0);
    await chmod(folder, 0o700);
  }
}

describe('the doctor', () => {
  const complaints = async (...args: Parameters<typeof nginxReloadDoctor>) =>
    (await nginxReloadDoctor(...args)).flatMap(({ ok, what }) => (ok ? [] : [what]));

  test('finds nothing wrong with the documented configuration, and names what differs', async () => {
    expect(await complaints(nginx.spec, context())).toEqual([]);
    const [first, ...rest] = servers.specs;
    if (first === undefined) throw new Error('no servers');
    const moved = { ...first, address: { ...first.address, host: 'pay.internal' } };
    expect(await complaints(nginx.spec, { target: 'contract', servers: [moved, ...rest] })).toEqual([
      'not at an IPv4 address: s1',
    ]);
    const { spec } = nginx;
    const others = {
      include: `${spec.include}.other`,
      pid: `${spec.pid}.none`,
      status: spec.entrance,
      probe: spec.entrance,
    };
    expect(await complaints({ ...spec, ...others }, context())).toEqual([
      expect.stringMatching(/does not include .*route\.conf\.other/),
      expect.stringMatching(/has no line `include .*route\.conf\.other;`/),
      expect.stringMatching(/^no nginx runs by/),
      expect.stringMatching(/does not tell a generation/),
      expect.stringMatching(/probe entrance .* does not send x-gray-pool/),
    ]);
  });
});

const server = (n: number) => ({
  ...{ id: `pay-${n}`, address: { host: `10.0.0.1${n}`, port: 8080 } },
  ...{ gray: n === 3, spare: false, weight: 100 },
});

const documented: NginxReloadConfigOrder = {
  target: 'payments',
  servers: [server(1), server(2), server(3)],
  include: '/var/lib/gray/payments/route.conf',
  entrance: '80',
  probe: '127.0.0.1:8405',
  status: '127.0.0.1:8406',
};

test('the page shows the very configuration that nginxReloadConfig() prints', async () => {
  const page = await readFile(new URL('../../../docs/adapters/nginx.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`nginx\n${nginxReloadConfig(documented)}\`\`\``);
});
