/** Servers of a benchmark behind a private sshd, run by the tests' stand-in supervisor. */
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../../demo/build-artifact.ts';
import { type OpenDeployer, serviceArgs } from '../../demo/stage/deployer.ts';
import { Sshd } from '../../test/support/ssh/sshd.ts';

const standIn = fileURLToPath(new URL('../../test/support/ssh/stand-in-supervisor.sh', import.meta.url));

export const sshStage: OpenDeployer = async (dir) => {
  const sshd = await Sshd.start();
  const supervisor = join(sshd.folder, 'stand-in-supervisor.sh');
  await copyFile(standIn, supervisor);
  await chmod(supervisor, 0o755);
  const { user, port, identityFile, knownHostsFile, configFile } = sshd.login;
  const home = join(dir, '{server}');
  const start = startServer.filter((word) => word !== '--digest' && word !== '{digest}');
  return {
    section: {
      ...{ kind: 'ssh', dir: home, user, port, identityFile, knownHosts: knownHostsFile, config: configFile },
      service: {
        restart: [supervisor, 'restart', home, ...start, ...serviceArgs],
        pid: [supervisor, 'pid', home],
        log: [supervisor, 'log', home],
      },
      ready: '10s',
    },
    close: () => sshd.end(),
  };
};
