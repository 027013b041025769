/** The programs that tests need from the system. Installed where we may, else named. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from './run.mjs';
import { hasPython, say } from './setup.mjs';

const starts = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const podmanUnits = ['podman.socket', 'podman.service', 'podman-restart.service', 'podman-auto-update.timer'];

const needed = [
  { package: 'busybox-static', there: () => existsSync('/bin/busybox') },
  { package: 'caddy', there: () => starts('caddy', 'version'), service: 'caddy.service' },
  { package: 'crun', there: () => starts('crun', '--version') },
  { package: 'haproxy', there: () => starts('haproxy', '-v') },
  { package: 'nginx-light', there: () => starts('nginx', '-v'), service: 'nginx.service' },
  { package: 'libnginx-mod-http-lua', there: () => existsSync('/usr/lib/nginx/modules/ngx_http_lua_module.so') },
  { package: 'lua-resty-core', there: () => existsSync('/usr/share/lua/5.1/ngx/balancer.lua') },
  { package: 'lua-cjson', there: () => existsSync('/usr/share/lua/5.1/cjson/util.lua') },
  { package: 'openssh-client', there: () => starts('ssh', '-V') },
  { package: 'openssh-server', there: () => existsSync('/usr/sbin/sshd'), service: 'ssh.service' },
  { package: 'podman', there: () => starts('podman', '--version'), service: podmanUnits },
  { package: 'prometheus', there: () => starts('prometheus', '--version') },
  { package: 'python3-pip', there: hasPython },
];

/** Resolves to the packages that are still missing. */
export async function provideSystemPackages() {
  const missing = stillMissing();
  if (missing.length === 0) {
    say(`system packages: ${needed.map((one) => one.package).join(', ')} are there`);
    return [];
  }
  if (!mayInstall()) {
    say(`system packages missing, and not ours to install: ${missing.join(', ')}`);
    return missing;
  }
  say(`system packages: installing ${missing.join(', ')} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-qq', '--yes', '--no-install-recommends', ...missing], { env });
  for (const { service } of needed.filter((one) => missing.includes(one.package))) endService(service);
  return stillMissing();
}

/** Debian enables and starts what it installs; we only want the program. Where systemd does not run, it is not started. */
function endService(service) {
  if (service === undefined) return;
  const units = [service].flat();
  spawnSync('systemctl', ['disable', ...units], { stdio: 'ignore' });
  spawnSync('systemctl', ['stop', ...units], { stdio: 'ignore' });
}

const stillMissing = () => needed.filter((one) => !one.there()).map((one) => one.package);

const mayInstall = () => process.getuid?.() === 0 && starts('apt-get', '--version');
