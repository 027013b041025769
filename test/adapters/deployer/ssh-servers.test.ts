/** What only the ssh deployer can get wrong on a server: folders, links, builds on their way, restarts. */
import { appendFile, chmod, mkdir, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactDigest } from '../../../src/adapters/deployer/process/digest.ts';
import { sshDoctor } from '../../../src/adapters/deployer/ssh/doctor.ts';
import { sharedGate } from '../../../src/adapters/deployer/ssh/gate.ts';
import { runThere } from '../../../src/adapters/deployer/ssh/operations.ts';
import { placeOf, systemdWords } from '../../../src/adapters/deployer/ssh/place.ts';
import { sshDeployer } from '../../../src/adapters/deployer/ssh.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { SshDeployerSpec } from '../../../src/domain/spec.ts';
import { eventually, startProcess } from '../../support/processes.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { childrenOf } from '../../support/ssh/sshd.ts';
import { build, order } from './contract.ts';
import { context } from './harnesses.ts';
import { type SshHarness, sshHarness, startWords } from './ssh-harness.ts';

let at: SshHarness;
let programs: string;
let v1: Artifact;
let v2: Artifact;
beforeAll(async () => {
  at = await sshHarness({ archive: true, ownPrograms: true });
  programs = join(at.dir, 'programs');
  v1 = await at.build('1.0.0');
  v2 = await at.build('2.0.0');
});
afterAll(() => at?.dispose());

const changed = (change: Partial<SshDeployerSpec>) => sshDeployer({ ...at.spec, ...change }, context);
const inHome = (server: ServerSpec, ...names: readonly string[]) => join(at.dir, 'servers', server.id, ...names);
const folderOf = ({ digest }: Artifact) => digest.replace(':', '-');
const withoutSource = ({ version, digest }: Artifact): Artifact => ({ version, digest });

async function installed(): Promise<ServerSpec> {
  const server = await at.server();
  await at.deployer.deploy(order(server, v1, 1));
  return server;
}

/** A program that the sessions on the server find before the system's own. */
async function program(name: string, lines: string): Promise<() => Promise<void>> {
  await writeFile(join(programs, name), `#!/bin/sh\n${lines}\n`);
  await chmod(join(programs, name), 0o755);
  return () => rm(join(programs, name));
}

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

const supervisor = () => join(at.dir, 'stand-in-supervisor.sh');
const stopIn = (dir: string) => [supervisor(), 'stop', dir];
const serviceIn = (dir: string) => ({
  restart: [supervisor(), 'restart', dir, ...startWords],
  pid: [supervisor(), 'pid', dir],
});
const line = () => ({ spec: at.spec, gate: sharedGate('test', 4) });

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

/** The ssh clients of this process, as if the worker's host had lost its network. */
async function endClients(): Promise<void> {
  for (const pid of await childrenOf(process.pid, 'ssh')) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** The child of flock keeps the lock, too. */
async function endHolders(file: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    if (links.includes(file)) process.kill(Number(pid), 'SIGKILL');
  }
}

// Those that mostly wait do it together.
describe('restarts', () => {
  test.concurrent('a restart that replaces nothing is seen, although the right version may be answered', async () => {
    const server = await installed();
    const { pid } = serviceIn(inHome(server));
    const idle = changed({ service: { restart: ['true'], pid }, readyMs: 300 });
    await expect(idle.deploy(order(server, v2, 2))).rejects.toThrow(/the restart did not replace it/);
    // Now `current` is the new build and the old process runs on: a repeat must not take it for done.
    expect(await at.deployer.deploy(order(server, v2, 2))).toEqual(build(v2));
  });

  test.concurrent('a process that ended before anybody saw it is not waited for', async () => {
    const server = await installed();
    const began = performance.now();
    const ending = changed({ service: { restart: stopIn(inHome(server)), pid: serviceIn(inHome(server)).pid } });
    await expect(ending.deploy(order(server, v2, 2))).rejects.toThrow(/the process ended before it answered/);
    expect(performance.now() - began).toBeLessThan(at.spec.readyMs);
  });

  test.concurrent('a restart that hangs is given up, and ended by the next attempt', async () => {
    const server = await installed();
    const { pid } = serviceIn(inHome(server));
    const hanging = changed({ service: { restart: ['sleep', '600'], pid }, connectMs: 1_000, stepMs: 1_500 });
    await expect(hanging.deploy(order(server, v2, 2))).rejects.toThrow(/switch did not end within 2500 ms/);
    expect(await readdir(inHome(server, 'sessions'))).toHaveLength(1);
    expect(await at.deployer.deploy(order(server, v2, 2))).toEqual(build(v2));
    expect(await readdir(inHome(server, 'sessions'))).toEqual([]);
  });

  test.concurrent('a restart that fails is told with its last words', async () => {
    const server = await installed();
    const failing = changed({ service: { restart: ['sh', '-c', 'echo no such service >&2; exit 4'] } });
    await expect(failing.deploy(order(server, v2, 2))).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringMatching(/the restart ended with status 4: no such service/),
    });
  });

  test('a session that loses its link finishes the switch that it began', async () => {
    const server = await installed();
    const go = inHome(server, 'go');
    const wait = `while [ ! -e ${go} ]; do sleep 0.02; done; exec "$@"`;
    const words = ['sh', '-c', wait, 'sh', ...serviceIn(inHome(server)).restart];
    const slow = changed({ service: { ...serviceIn(inHome(server)), restart: words } });
    const progress = (step: string) => step === 'current set' && void endClients();
    await expect(slow.deploy({ ...order(server, v2, 2), progress })).rejects.toThrow(/broke off during switch/);
    expect(await at.deployer.read(server)).toMatchObject({ running: build(v1), fence: 2 });
    await writeFile(go, '');
    await eventually(async () => (await at.deployer.read(server)).running?.version === '2.0.0');
    const before = await at.instance(server);
    expect(await at.deployer.deploy(order(server, v2, 2))).toEqual(build(v2));
    expect(await at.instance(server)).toBe(before);
  });

  test('a command on the server can tell the version, where HTTP does not reach', async () => {
    const server = await installed();
    const url = `http://127.0.0.1:${server.address.port}/version`;
    const ask = [process.execPath, '-e', `fetch('${url}').then((r) => r.text()).then(console.log)`];
    const unreachable = { ...server, address: { host: '192.0.2.1', port: 1 }, deploy: { host: '127.0.0.1' } };
    expect(await changed({ ask }).read(unreachable)).toMatchObject({ running: build(v1) });
    expect(await changed({ ask: ['false'] }).read(server)).toMatchObject({
      running: null,
      reason: 'false on the server ended with status 1: ',
    });
  });

  test('a unit is restarted with sudo, by these words alone, and its process is read from systemd', () => {
    expect(systemdWords('sudo', 'pay@1.service')).toEqual({
      restart: ['sudo', '-n', 'systemctl', 'restart', 'pay@1.service'],
      process: [
        ...['unit', 'systemctl', 'show', '--property=MainPID', '--property=ExecMainStartTimestampMonotonic'],
        ...['--property=ActiveState', 'pay@1.service'],
      ],
      log: ['journalctl', '--unit', 'pay@1.service', '--lines', '10', '--no-pager', '--output', 'cat'],
    });
    expect(systemdWords('self', 'u').restart).toEqual(['systemctl', 'restart', 'u']);
    expect(systemdWords('user', 'u').restart).toEqual(['systemctl', '--user', 'restart', 'u']);
    expect(systemdWords('user', 'u').process).toContain('--user');
  });

  test('a deploy by unit, with stand-ins for sudo and systemctl; the doctor looks at both', async () => {
    const server = await at.server();
    const home = inHome(server);
    const words = startWords.map((word) => word.replace('{host}', '127.0.0.1').replace('{server}', server.id));
    const start = words.map((word) => word.replace('{port}', String(server.address.port))).join(' ');
    await program('sudo', 'shift; case $1 in -l) exit 0 ;; esac; exec "$@"');
    await program(
      'systemctl',
      `case $1 in
  restart) exec ${supervisor()} restart ${home} ${start} ;;
  show) echo "LoadState=loaded WorkingDirectory=${home}/current/files" | tr ' ' '\\n'
    echo "MainPID=$(${supervisor()} pid ${home})"; echo ActiveState=active ;;
esac`,
    );
    const service = { unit: 'pay@{port}.service', as: 'sudo' } as const;
    const units = changed({ service });
    expect(await units.deploy(order(server, v1, 1))).toEqual(build(v1));
    const before = await at.instance(server);
    await units.deploy(order(server, v1, 1));
    expect(await at.instance(server)).toBe(before);
    const fine = await sshDoctor({ ...at.spec, service }, { servers: [server], target: 'test' });
    expect(fine.filter(({ ok }) => !ok)).toEqual([]);
    await program('sudo', 'exit 1');
    const failed = await sshDoctor(
      { ...at.spec, service, dir: '/proc/version/x' },
      { servers: [server], target: 'test' },
    );
    expect(failed.filter(({ ok }) => !ok).map(({ what, mend }) => `${what}: ${mend}`)).toEqual([
      expect.stringMatching(/may not write in \/proc\/version: mkdir -p \/proc\/version\/x && chown/),
      expect.stringMatching(/does not run from \/proc\/version\/x\/current: set its WorkingDirectory/),
      expect.stringMatching(/sudo does not allow .*NOPASSWD: \/usr\/bin\/systemctl restart pay@\d+\.service/),
    ]);
  });

  test('where /proc tells nothing of the process, systemd tells when its unit started', async () => {
    const server = await at.server();
    const home = inHome(server);
    const words = startWords.map((word) => word.replace('{host}', '127.0.0.1').replace('{server}', server.id));
    const start = words.map((word) => word.replace('{port}', String(server.address.port))).join(' ');
    await program(
      'systemctl',
      `case $1 in
  restart) read -r up idle </proc/uptime && echo "\${up%.*}\${up#*.}0000" >${home}/started
    exec ${supervisor()} restart ${home} ${start} ;;
  show) [ ! -e ${home}/started ] || printf 'MainPID=999999999\\nExecMainStartTimestampMonotonic=%s\\n' "$(cat ${home}/started)" ;;
esac`,
    );
    const units = changed({ service: { unit: 'pay.service', as: 'self' } });
    expect(await units.deploy(order(server, v1, 1))).toEqual(build(v1));
    const before = await at.instance(server);
    await units.deploy(order(server, v1, 1));
    expect(await at.instance(server)).toBe(before);
  });

  test('one session at a time is enough for many servers', async () => {
    const servers = await Promise.all([at.server(), at.server(), at.server()]);
    const narrow = changed({ sessions: 1 });
    const all = await Promise.all(servers.map((server) => narrow.deploy(order(server, v2, 1))));
    expect(all).toEqual(servers.map(() => build(v2)));
  });
});
