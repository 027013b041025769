/** What only the ssh deployer can get wrong on a server: builds on their way, folders, links, locks. */
import { appendFile, chmod, mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { artifactDigest } from '../../../src/adapters/deployer/process/digest.ts';
import { runThere } from '../../../src/adapters/deployer/ssh/operations.ts';
import { placeOf } from '../../../src/adapters/deployer/ssh/place.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import { startProcess } from '../../support/processes.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { build, order } from './contract.ts';
import { at, changed, inHome, installed, line, program, serviceIn, stopIn, useSshServers, v1, v2 } from './ssh-site.ts';

useSshServers();

const folderOf = ({ digest }: Artifact) => digest.replace(':', '-');
const withoutSource = ({ version, digest }: Artifact): Artifact => ({ version, digest });

describe('builds', () => {
  test('current is a link to the release, and a rollback needs no source: the build is kept', async () => {
    const server = await installed();
    expect(await readlink(inHome(server, 'current'))).toBe(`releases/${folderOf(v1)}`);
    await at.deployer.deploy(order(server, v2, 2));
    expect(await readlink(inHome(server, 'current'))).toBe(`releases/${folderOf(v2)}`);
    expect(await at.deployer.available(withoutSource(v1), server)).toEqual({ ok: true });
    await appendFile(inHome(server, 'releases', folderOf(v1), 'files', 'release.json'), ' ');
    expect(await at.deployer.available(withoutSource(v1), server)).toMatchObject({ ok: false });
    const refused = at.deployer.deploy(order(server, withoutSource(v1), 3));
    await expect(refused).rejects.toMatchObject({ code: 'artifactMissing' });
    expect(await at.deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
  });

  test('old builds are dropped, current and base never', async () => {
    const server = await installed();
    const frugal = changed({ keep: 1 });
    await frugal.deploy({ ...order(server, v2, 2), recordBase: true });
    const v3 = await at.build('3.0.0');
    await frugal.deploy(order(server, v3, 3));
    expect((await readdir(inHome(server, 'releases'))).sort()).toEqual([folderOf(v1), folderOf(v3)].sort());
    expect(await readdir(inHome(server, 'staging'))).toEqual([]);
    expect(await readdir(inHome(server, 'sessions'))).toEqual([]);
  });

  test('what arrives with another digest is refused on the server, before the switch', async () => {
    const server = await installed();
    const before = await at.instance(server);
    const mended = await program('cat', '/bin/cat "$@"; case $# in 0) echo more ;; esac');
    const refused = at.deployer.deploy(order(server, v2, 2));
    await expect(refused).rejects.toMatchObject({
      code: 'artifactMissing',
      message: expect.stringMatching(/what arrived has digest sha256:[0-9a-f]{64}, not/),
    });
    await mended();
    expect(await at.instance(server)).toBe(before);
    expect(await readdir(inHome(server, 'staging'))).toEqual([]);
  });

  test('a directory arrives with its links, its programs, and names that a shell would read', async () => {
    const server = await installed();
    const source = join(at.dir, 'odd');
    await mkdir(join(source, "it's $(here)", 'ünter'), { recursive: true });
    await writeFile(join(source, "it's $(here)", 'ünter', '@ * ?'), 'x');
    await writeFile(join(source, '-run'), '#!/bin/sh\n');
    await chmod(join(source, '-run'), 0o755);
    await symlink('-run', join(source, 'link to'));
    const artifact = { version: '7.0.0', digest: await artifactDigest(source), source };
    const place = placeOf(at.spec, server);
    // It is no server: what counts is that it was taken and put in place whole.
    await expect(changed({ readyMs: 100 }).deploy(order(server, artifact, 2))).rejects.toThrow(
      /was not deployed: (the process ended|no version)/,
    );
    expect(await artifactDigest(join(place.dir, 'current', 'files'))).toBe(artifact.digest);
    await writeFile(join(source, 'a"quote'), '');
    const refused = at.deployer.deploy(order(server, { ...artifact, digest: await artifactDigest(source) }, 3));
    await expect(refused).rejects.toThrow(/a name in it has a quote/);
  });

  test('a full disk is named with the room that is left, and what runs goes on', async () => {
    const disk = await smallDisk();
    try {
      const small = changed({ dir: join(disk.dir, '{server}'), service: serviceIn(join(disk.dir, '{server}')) });
      const server = await at.server();
      await small.deploy(order(server, v1, 1));
      const before = await at.instance(server);
      const empty = await disk.fill();
      const open = await closeUnlessRoot(join(disk.dir, server.id, 'staging'));
      const full = small.deploy({ ...order(server, v2, 2), recordBase: true });
      await expect(full).rejects.toMatchObject({
        code: 'deployFailed',
        message: expect.stringMatching(/\d+ KB are free|cannot be written|is not writable/),
      });
      expect(await at.instance(server)).toBe(before);
      await open();
      await empty();
      expect(await small.deploy({ ...order(server, v2, 2), recordBase: true })).toEqual(build(v2));
      expect((await small.read(server)).base).toMatchObject({ artifact: build(v1) });
      await runThere({ line: line(), place: placeOf(at.spec, server) }, stopIn(join(disk.dir, server.id)));
    } finally {
      await disk.end();
    }
  });
});

/** Only root gets a disk of its own; for others a closed folder stands for a full one. */
async function closeUnlessRoot(folder: string): Promise<() => Promise<void>> {
  if (process.getuid?.() === 0) return async () => undefined;
  await chmod(folder, 0o500);
  return () => chmod(folder, 0o700);
}

describe('folders and locks', () => {
  test('a folder that cannot be used is named', async () => {
    const server = await at.server();
    const closed = changed({ dir: '/proc/gray/{server}' });
    await expect(closed.deploy(order(server, v1, 1))).rejects.toMatchObject({
      code: 'deployFailed',
      message: `${server.id}: /proc/gray/${server.id} cannot be used`,
    });
    expect(await closed.read(server)).toMatchObject({ running: null, base: null, fence: 0 });
  });

  test('shell characters in folders and words are only characters', async () => {
    const server = await at.server();
    const dir = join(at.dir, `servers`, `it's "$(touch ${at.dir}/broken)"; & |`, '{server}');
    const odd = changed({ dir, service: serviceIn(dir) });
    expect(await odd.deploy(order(server, v1, 1))).toEqual(build(v1));
    const words = ["'", '"', '$HOME', '`id`', '\\', ' ', '', '*', '-n', ';', '$(touch broken)', 'ü'];
    const site = { line: line(), place: placeOf({ ...at.spec, dir }, server) };
    expect(await runThere(site, ['printf', '<%s>', ...words])).toEqual({
      status: 0,
      output: words.map((word) => `<${word}>`).join(''),
    });
    await expect(runThere(site, ['echo', 'two\nlines'])).rejects.toThrow(/cannot be handed to a server/);
    expect(await readdir(at.dir)).not.toContain('broken');
    await runThere(site, stopIn(site.place.dir));
  });

  test.each(['-oProxyCommand=x', 'a b', '', 'x;y'])('the host %j is refused', async (host) => {
    const server = { ...(await at.server()), deploy: { host } };
    await expect(at.deployer.read(server)).rejects.toMatchObject({ code: 'invalidInput' });
  });

  test('somebody else who holds the lock is waited for, but not for ever', async () => {
    const server = await installed();
    const lock = inHome(server, 'lock');
    const holder = await startProcess({ command: 'flock', args: [lock, 'sleep', '30'] });
    const refused = changed({ connectMs: 1_000 }).deploy(order(server, v2, 2));
    await expect(refused).rejects.toMatchObject({
      code: 'serverLocked',
      message: expect.stringMatching(/holds the lock/),
    });
    await endHolders(lock);
    await holder.kill();
    expect(await at.deployer.deploy(order(server, v2, 2))).toEqual(build(v2));
  });
});

/** The child of flock keeps the lock, too. */
async function endHolders(file: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    if (links.includes(file)) process.kill(Number(pid), 'SIGKILL');
  }
}
