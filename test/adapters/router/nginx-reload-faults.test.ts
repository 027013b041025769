/** nginx in reload mode: files changed by hand, reloads that do nothing, odd names, what earlier workers hold. */
import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../src/domain/route.ts';
import { assign } from '../../../src/domain/split.ts';
import { refusal } from './contract/world.ts';
import { apply, bench, confirm, held, nginx, route, router, useNginxReload } from './nginx-reload-site.ts';

useNginxReload();

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
