/** `deployer.kind: ssh`. */
import { z } from 'zod';
import { placeOf } from '../../adapters/deployer/ssh/place.ts';
import { GrayError } from '../../domain/errors.ts';
import type { SshDeployerSpec } from '../../domain/spec.ts';
import type { ReleaseFile } from '../file.ts';
import { type Finding, finding } from '../finding.ts';
import type { At } from '../resolve.ts';
import { argv, expects, filePath, oneOf, section, text, whole } from '../scalars.ts';
import { duration } from '../units.ts';

const systemd = section({
  unit: text('the name of a systemd unit', /^[A-Za-z0-9:_.@{}\\-]{1,200}$/).describe(
    'systemd unit, such as pay@{port}.service. Its WorkingDirectory is the link `current` in `dir`.',
  ),
  as: oneOf(['sudo', 'self', 'user'])
    .default('sudo')
    .describe('How `systemctl restart` is run: with sudo, as the login itself, or on its user manager (--user).'),
});

const command = section({
  restart: argv().describe('Run on the server. Replaces the process by one from `current`; may run twice.'),
  pid: argv().exactOptional().describe("Prints the id of the server's process, so that a restart is seen to be one."),
  log: argv().exactOptional().describe("Prints the end of the server's log, for error messages."),
});

export const ssh = section({
  kind: z.literal('ssh').describe('Servers on other hosts, by the OpenSSH client of the worker.'),
  dir: text('an absolute path on the server', /^\/[^\0\r\n]{1,999}$/).describe(
    'Holds releases, the link `current`, and records. {server}, {host} and {port} are replaced here and in all commands.',
  ),
  service: z
    .union([systemd, command], { error: expects('a group of keys with unit, or with restart') })
    .describe('How the server is restarted.'),
  ask: argv()
    .exactOptional()
    .describe(
      'Run on the server, prints what `version` would get, where the worker cannot reach the server over HTTP.',
    ),
  user: text('a user name', /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/)
    .exactOptional()
    .describe("Who logs in; without it the client's configuration decides."),
  port: whole(1, 65_535).exactOptional().describe("Port of sshd; without it the client's configuration decides."),
  identityFile: filePath('a private key')
    .exactOptional()
    .describe('Without it the keys of the agent (SSH_AUTH_SOCK) are used.'),
  knownHosts: filePath('a file of host keys').exactOptional().describe("Instead of the client's own files."),
  config: filePath('a configuration of the client')
    .exactOptional()
    .describe('Instead of ~/.ssh/config: jump hosts, names.'),
  hostKeys: oneOf(['known', 'acceptNew'])
    .default('known')
    .describe('acceptNew believes a host that was never met. A changed key is always refused.'),
  keep: whole(1, 100).default(5).describe('Builds kept on each server; current and base are kept beside them.'),
  sessions: whole(1, 100).default(8).describe('SSH sessions of one worker at a time.'),
  connect: duration('1s', '2m').prefault('10s').describe('Longest time until a session is there.'),
  step: duration('1s', '1d').prefault('5m').describe('Longest upload or restart of one server.'),
  ready: duration('100ms', '1h').prefault('30s').describe('From the restart until the version probe answers.'),
});

export function resolveSsh(deployer: z.output<typeof ssh>, at: At): SshDeployerSpec {
  const { identityFile, knownHosts, config, connect, step, ready, ...rest } = deployer;
  return {
    ...rest,
    ...(identityFile === undefined ? {} : { identityFile: at(identityFile) }),
    ...(knownHosts === undefined ? {} : { knownHostsFile: at(knownHosts) }),
    ...(config === undefined ? {} : { configFile: at(config) }),
    connectMs: connect,
    stepMs: step,
    readyMs: ready,
  };
}

/** What becomes of the settings on each server, and that no two servers share a folder. */
export function sshChecks(deployer: z.output<typeof ssh>, servers: ReleaseFile['servers']): Finding[] {
  const spec = resolveSsh(deployer, (path) => path);
  const seen = new Map<string, string>();
  return servers.flatMap((server, index) => {
    try {
      const { host, dir } = placeOf(spec, server);
      const other = seen.get(`${host} ${dir}`);
      seen.set(`${host} ${dir}`, server.id);
      if (other === undefined) return [];
      return [
        finding(
          ['servers', index],
          `has the same folder ${dir} on ${host} as ${other}; put {server} into deployer.dir`,
        ),
      ];
    } catch (error) {
      if (error instanceof GrayError) return [finding(['servers', index, 'deploy'], error.message)];
      throw error;
    }
  });
}
