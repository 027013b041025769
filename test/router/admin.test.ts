import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InvalidInput } from '../../src/domain/errors.ts';
import { routeAtRest } from '../../src/domain/fence.ts';
import { parseRouterConfig, readRouterConfig } from '../../src/router/config.ts';
import { startRouter } from '../../src/router/router.ts';
import { http } from '../support/http.ts';
import { testRouter } from './running.ts';

describe('the admin side', () => {
  test('is a socket only its owner can open', async () => {
    const { running } = await testRouter();
    expect((await stat(running.admin)).mode & 0o777).toBe(0o600);
    const { status, body } = await http('http://router/route', { socketPath: running.admin });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ instance: running.instance, route: { fence: 0 } });
  });

  test('on a port asks for the token, and tells nobody what it is', async () => {
    process.env.TEST_ROUTER_TOKEN = 'a secret of the test';
    const { running, adapter, route } = await testRouter({ admin: { port: 0, tokenEnv: 'TEST_ROUTER_TOKEN' } });
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'a secret of the test' }]) {
      const answer = await http(`${running.admin}/route`, { headers });
      expect(answer.status).toBe(401);
      expect(answer.body).not.toContain('secret');
    }
    await route({ shareBp: 100 });
    expect((await adapter.read()).route.split.shareBp).toBe(100);
    delete process.env.TEST_ROUTER_TOKEN;
    await expect(adapter.read()).rejects.toMatchObject({ code: 'routerRefused' });
  });

  test('refuses what is no route, with every problem, and keeps the one in force', async () => {
    const { running, adapter } = await testRouter();
    const route = { fence: -1, release: 1, period: 'dusk', split: { shareBp: 10_001 }, servers: { s1: 'c' } };
    const answer = await http('http://router/route', {
      method: 'PUT',
      socketPath: running.admin,
      body: JSON.stringify(route),
    });
    expect(answer.status).toBe(422);
    for (const path of ['fence', 'release', 'period', 'stable', 'split.shareBp', 'split.salt', 'servers.s1']) {
      expect(answer.body).toContain(`"${path}"`);
    }
    expect((await adapter.read()).route.fence).toBe(0);
  });

  test('of a router that is gone is a fault that may pass', async () => {
    const { running, adapter } = await testRouter();
    await running.stop();
    await expect(adapter.read()).rejects.toMatchObject({ code: 'routerUnreachable', transient: true });
  });

  test('is not taken away from a router that is alive', async () => {
    const { config, dir } = await testRouter();
    const second = { ...config, stateFile: join(dir, 'other.json') };
    await expect(startRouter(parseRouterConfig(second))).rejects.toThrow(/another router answers/);
  });
});

describe('the state file', () => {
  test('is written before a route is effective, for its owner only', async () => {
    const { config, route } = await testRouter();
    const applied = await route({ shareBp: 700 });
    expect(JSON.parse(await readFile(config.stateFile, 'utf8'))).toEqual({ target: 'shop', route: applied });
    expect((await stat(config.stateFile)).mode & 0o777).toBe(0o600);
  });

  test('that cannot be written leaves the former route in force, and the write may be repeated', async () => {
    const dir = await temporary();
    const { adapter, route } = await testRouter({ stateFile: join(dir, 'state.json') });
    const before = await route({ shareBp: 700 });
    await rm(dir, { recursive: true });
    const refused = await route({ shareBp: 900 }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'routerUnreachable', message: expect.stringContaining('ENOENT') });
    expect((await adapter.read()).route).toEqual(before);
    await mkdir(dir);
    expect((await route({ shareBp: 900 })).split.shareBp).toBe(900);
  });

  test.each([
    ['damaged', '{"target":"shop","route":{"fence":', /damaged/],
    ['empty', '', /damaged/],
    ["another target's", JSON.stringify({ target: 'other', route: routeAtRest([]) }), /belongs to target other/],
  ])('that is %s stops the start instead of being guessed at', async (_what, content, message) => {
    const { config, dir } = await testRouter();
    const stateFile = join(dir, 'bad.json');
    await writeFile(stateFile, content);
    const starting = startRouter(parseRouterConfig({ ...config, stateFile, admin: { socket: join(dir, 'b.sock') } }));
    const error = await starting.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error instanceof InvalidInput && error.problems[0]?.message).toMatch(message);
  });

  test('in a directory that does not exist stops the start: a lost disk is not a first start', async () => {
    const { config, dir } = await testRouter();
    const lost = { ...config, stateFile: join(dir, 'lost', 'state.json'), admin: { socket: join(dir, 'b.sock') } };
    await expect(startRouter(parseRouterConfig(lost))).rejects.toBeInstanceOf(InvalidInput);
  });

  test('knows nothing of a server that is new since: it is out until a write says otherwise', async () => {
    const { config, dir, route } = await testRouter();
    await route();
    const servers = config.servers.slice(0, 3);
    const added = { id: 's9', address: { host: '127.0.0.1', port: 9 } };
    const again = await startRouter(
      parseRouterConfig({ ...config, servers: [...servers, added], admin: { socket: join(dir, 'c.sock') } }),
    );
    onTestFinished(() => again.stop());
    const { body } = await http('http://router/route', { socketPath: again.admin });
    expect(JSON.parse(body).route.servers).toEqual({ s1: 'a', s2: 'a', s3: 'b', s9: 'out' });
  });
});

describe('the configuration', () => {
  test('is refused with every problem at once', () => {
    const bad = {
      target: '',
      listen: { port: 70_000 },
      probe: { host: '0.0.0.0', port: 1 },
      admin: { port: 1 },
      stateFile: 'state.json',
      identity: {},
      servers: [
        { id: 's1', address: { host: 'h', port: 1 }, wieght: 3 },
        { id: 's1', address: { host: 'h', port: 0 } },
      ],
    };
    const problems = thrownBy(() => parseRouterConfig(bad));
    const paths = problems.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'target',
        'listen.port',
        'probe',
        'admin',
        'identity',
        'servers.0',
        'servers.1.address.port',
      ]),
    );
  });

  test('may be YAML, and a file that is missing or broken is told by name', async () => {
    const dir = await temporary();
    const file = join(dir, 'router.yaml');
    await writeFile(
      file,
      [
        'target: shop',
        'listen: { port: 8080 }',
        'probe: { port: 8081 }',
        'admin: { socket: admin.sock }',
        'stateFile: state.json',
        'identity: { cookie: uid }',
        'servers: [{ id: s1, address: { host: 127.0.0.1, port: 9001 } }]',
      ].join('\n'),
    );
    expect(await readRouterConfig(file)).toMatchObject({
      target: 'shop',
      servers: [{ id: 's1', weight: 100, spare: false }],
    });
    await writeFile(file, 'target: [');
    await expect(readRouterConfig(file)).rejects.toBeInstanceOf(InvalidInput);
    await expect(readRouterConfig(join(dir, 'none.yaml'))).rejects.toThrow(/none\.yaml/);
  });
});

async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-router-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function thrownBy(call: () => unknown): InvalidInput['problems'] {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}
