/** What only the ssh deployer can get wrong when a server is restarted. */
import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sshDoctor } from '../../../src/adapters/deployer/ssh/doctor.ts';
import { systemdWords } from '../../../src/adapters/deployer/ssh/place.ts';
import { eventually } from '../../support/processes.ts';
import { childrenOf } from '../../support/ssh/sshd.ts';
import { build, order } from './contract.ts';
import { startWords } from './ssh-harness.ts';
import {
  at,
  changed,
  inHome,
  installed,
  program,
  serviceIn,
  stopIn,
  supervisor,
  useSshServers,
  v1,
  v2,
} from './ssh-site.ts';

useSshServers();

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
