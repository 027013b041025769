import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { planRelease } from '../../src/domain/plan.ts';
import { parseReleaseFile, releaseTemplate } from '../../src/spec.ts';

const file = parse(releaseTemplate('ssh-systemd-haproxy'));
const withDeployer = (change: object, servers: object = {}) =>
  stringify({
    ...file,
    deployer: { ...file.deployer, ...change },
    servers: file.servers.map((server: object, index: number) => (index === 1 ? { ...server, ...servers } : server)),
  });
const problems = (text: string): string[] => {
  try {
    parseReleaseFile(text);
  } catch (error) {
    return JSON.parse(JSON.stringify(error)).problems.map(
      (one: { path: string; message: string }) => `${one.path}: ${one.message}`,
    );
  }
  throw new Error('it was accepted');
};

describe('deployer ssh', () => {
  it('checks host keys, keeps five builds and asks over HTTP unless the file says otherwise', () => {
    const { dir, service } = file.deployer;
    const { deployer } = parseReleaseFile(stringify({ ...file, deployer: { kind: 'ssh', dir, service } }));
    expect(deployer).toEqual({
      ...{ kind: 'ssh', dir, service: { unit: 'pay@{port}.service', as: 'sudo' }, hostKeys: 'known' },
      ...{ keep: 5, sessions: 8, connectMs: 10_000, stepMs: 300_000, readyMs: 30_000 },
    });
    const shown = planRelease(
      parseReleaseFile(stringify({ ...file, deployer: { kind: 'ssh', dir, service } })),
    ).settings;
    expect(shown.filter(({ path, usual }) => path.startsWith('deployer.') && !usual)).toEqual([]);
  });

  it('finds key files from the file, and leaves paths on the server alone', () => {
    const { deployer } = parseReleaseFile(
      withDeployer({ identityFile: './id', knownHosts: './hosts', config: './cfg' }),
      {
        path: '/etc/gray/release.yml',
      },
    );
    expect(deployer).toMatchObject({
      ...{ identityFile: '/etc/gray/id', knownHostsFile: '/etc/gray/hosts', configFile: '/etc/gray/cfg' },
      dir: '/srv/payments/{port}',
    });
  });

  it('takes a unit or commands, never both', () => {
    expect(parseReleaseFile(withDeployer({ service: { restart: ['x'] } })).deployer).toMatchObject({
      service: { restart: ['x'] },
    });
    expect(problems(withDeployer({ service: { unit: 'u', restart: ['x'] } }))).toHaveLength(1);
    expect(problems(withDeployer({ service: {} }))).toHaveLength(1);
  });

  it.each([
    [
      'a folder that two servers share',
      { dir: '/srv/payments' },
      {},
      /servers\[1\]: has the same folder \/srv\/payments on app1 as pay-1/,
    ],
    ['a relative folder', { dir: 'srv' }, {}, /deployer\.dir: expected an absolute path on the server/],
    ['a folder that climbs', { dir: '/srv/../{server}' }, {}, /the folder cannot be "\/srv\/\.\.\/pay-1"/],
    [
      'a host that is an option',
      {},
      { deploy: { host: '-oProxyCommand=id' } },
      /servers\[1\]\.deploy: pay-2: deploy\.host: expected a host name or address/,
    ],
    ['a user that is none', { user: '-l root' }, {}, /deployer\.user: expected a user name/],
    ['a unit that is an option', {}, { deploy: { unit: '--now' } }, /the unit cannot be "--now"/],
    ['an unknown key of a server', {}, { deploy: { hots: 'app1' } }, /servers\[1\]\.deploy: .*hots/],
  ])('refuses %s', (_, change, servers, message) => {
    expect(problems(withDeployer(change, servers)).join('\n')).toMatch(message);
  });
});
