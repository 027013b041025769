/** What `gray doctor` looks at on each server: the login, the programs, the folder, the service and its permission. Changes nothing. */
import pMap from 'p-map';
import { GrayError } from '../../../domain/errors.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { SshDeployerSpec, SystemdService } from '../../../domain/spec.ts';
import { type Finding, fine, wrong } from '../../finding.ts';
import { sharedGate } from './gate.ts';
import { examine, runThere, type Site } from './operations.ts';
import { placeOf } from './place.ts';
import { answer } from './session.ts';

export async function sshDoctor(
  spec: SshDeployerSpec,
  { servers, target }: { readonly servers: readonly ServerSpec[]; readonly target: string },
): Promise<Finding[]> {
  const line = { spec, gate: sharedGate(target, spec.sessions) };
  const each = await pMap(servers, (server) => examineServer(line, server), { concurrency: 10 });
  return each.flat();
}

async function examineServer(line: Site['line'], server: ServerSpec): Promise<Finding[]> {
  try {
    const site = { line, place: placeOf(line.spec, server) };
    const login = await examineLogin(site);
    return [...login, ...(await examineService(site))];
  } catch (error) {
    if (error instanceof GrayError) return [wrong(error.message, error.hint)];
    return [wrong(`${server.id}: ${error instanceof Error ? error.message : String(error)}`, 'look at its sshd')];
  }
}

async function examineLogin(site: Site): Promise<Finding[]> {
  const { server, dir } = site.place;
  const said = await examine(site);
  const user = answer(said, 'user') ?? '';
  const missing = said.filter(([word]) => word === 'missing').map(([, name]) => name);
  const closed = answer(said, 'closed');
  return [
    missing.length === 0
      ? fine(`${server}: logged in as ${user}, with all programs that are needed`)
      : wrong(
          `${server}: programs are missing: ${missing.join(', ')}`,
          'install coreutils, findutils, tar and util-linux',
        ),
    closed === undefined
      ? fine(`${server}: ${user} may write in ${dir}`)
      : wrong(
          `${server}: ${user} may not write in ${closed}`,
          `mkdir -p ${dir} && chown ${user} ${dir}, as root there`,
        ),
  ];
}

function examineService(site: Site): Promise<Finding[]> {
  const { service } = site.line.spec;
  const { unit } = site.place;
  if ('restart' in service || unit === null) return examineCommand(site);
  return examineUnit(site, service, unit);
}

async function examineCommand(site: Site): Promise<Finding[]> {
  const { server, restart, process } = site.place;
  const [program = ''] = restart;
  const { status } = await runThere(site, ['sh', '-c', 'command -v "$1"', 'sh', program]);
  return [
    status === 0
      ? fine(`${server}: ${program} is there`)
      : wrong(
          `${server}: ${program} cannot be run there`,
          'install it there, or name another in deployer.service.restart',
        ),
    ...(process[0] === 'none'
      ? [
          wrong(
            `${server}: nothing tells the process`,
            'give deployer.service.pid, so that a restart is seen to be one',
          ),
        ]
      : []),
  ];
}

const looked = ['LoadState', 'WorkingDirectory', 'ExecStart', 'EnvironmentFiles'].map((name) => `--property=${name}`);

async function examineUnit(site: Site, { as }: SystemdService, unit: string): Promise<Finding[]> {
  const { server, dir, restart } = site.place;
  const user = as === 'user' ? ['--user'] : [];
  const { output } = await runThere(site, ['systemctl', ...user, 'show', ...looked, unit]);
  const loaded = /^LoadState=loaded$/m.test(output);
  const linked = output.includes(`${dir}/current`);
  return [
    loaded
      ? fine(`${server}: ${unit} is loaded`)
      : wrong(`${server}: systemd has no ${unit}`, `write ${unit} and run systemctl daemon-reload there`),
    ...(loaded && !linked
      ? [
          wrong(
            `${server}: ${unit} does not run from ${dir}/current`,
            `set its WorkingDirectory to ${dir}/current/files`,
          ),
        ]
      : []),
    ...(as === 'sudo' ? [await examineSudo(site, restart.slice(2))] : []),
  ];
}

async function examineSudo(site: Site, words: readonly string[]): Promise<Finding> {
  const { status } = await runThere(site, ['sudo', '-n', '-l', ...words]);
  const command = words.join(' ');
  if (status === 0) return fine(`${site.place.server}: sudo allows ${command}`);
  const line = `USER ALL=(root) NOPASSWD: /usr/bin/${command}`;
  return wrong(
    `${site.place.server}: sudo does not allow ${command} without a password`,
    `add to sudoers there: ${line}`,
  );
}
