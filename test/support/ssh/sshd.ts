/** A private sshd on loopback, with a host key, a user's key and known hosts of its own. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { quietPorts } from '../../../demo/stage/ports.ts';
import type { SshDeployerSpec } from '../../../src/domain/spec.ts';
import { type StartedProcess, startProcess } from '../processes.ts';

const program = '/usr/sbin/sshd';

export interface SshdOrder {
  /** Where its sessions look for programs first. */
  readonly programs?: string;
}

export type Login = Required<Pick<SshDeployerSpec, 'user' | 'port' | 'identityFile' | 'knownHostsFile' | 'configFile'>>;

export class Sshd {
  readonly folder: string;
  readonly login: Login;
  #running: StartedProcess | null = null;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    const at = (name: string) => join(folder, name);
    this.login = {
      user: userInfo().username,
      port,
      ...{ identityFile: at('key'), knownHostsFile: at('known_hosts'), configFile: at('client_config') },
    };
  }

  static async start({ programs }: SshdOrder = {}): Promise<Sshd> {
    const folder = await mkdtemp(join(tmpdir(), 'gray-sshd-'));
    const [port = 0] = await quietPorts(1);
    const sshd = new Sshd(folder, port);
    const at = (name: string) => join(folder, name);
    await Promise.all([sshd.newKey('key'), sshd.newKey('host')]);
    await writeFile(at('authorized_keys'), await readFile(at('key.pub')));
    // Every host that ends in .test is this one.
    await writeFile(at('client_config'), 'Host *.test\n  HostName 127.0.0.1\n  HostKeyAlias 127.0.0.1\n');
    await writeFile(at('sshd_config'), config(folder, port, programs));
    await sshd.rememberHost();
    // Debian's service makes it when it starts; here it does not run.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    await sshd.listen();
    return sshd;
  }

  async listen(): Promise<void> {
    const args = ['-D', '-e', '-f', join(this.folder, 'sshd_config')];
    this.#running = await startProcess({ command: program, args, ready: { port: this.login.port } });
  }

  newKey(name: string): Promise<unknown> {
    return execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', join(this.folder, name)]);
  }

  /** As an operator who compared the keys does. */
  async rememberHost(): Promise<void> {
    const [kind, key] = (await readFile(join(this.folder, 'host.pub'), 'utf8')).split(' ');
    await writeFile(this.login.knownHostsFile, `127.0.0.1,[127.0.0.1]:${this.login.port} ${kind} ${key}\n`);
  }

  /** Everything of it stops answering, connections that are open included; what thaws it is returned. */
  async freeze(): Promise<() => void> {
    const pids = await this.#pids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    };
  }

  /** Without its connections: those are ended too. */
  async stop(): Promise<void> {
    for (const pid of await this.#pids()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await this.#running?.exited;
    this.#running = null;
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The listener, and a process or two for each connection. */
  async #pids(): Promise<readonly number[]> {
    if (this.#running === null) return [];
    return [this.#running.pid, ...(await childrenOf(this.#running.pid, 'sshd'))];
  }
}

/** Descendants with that name, as far as each parent has it too. */
export async function childrenOf(parent: number, name: string): Promise<readonly number[]> {
  const all = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: number[] = [];
  for (const pid of all) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, command, ppid] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (Number(ppid) === parent && command === name) found.push(pid, ...(await childrenOf(pid, name)));
  }
  return found;
}

const config = (folder: string, port: number, programs: string | undefined): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'MaxStartups 100',
    // Bash reads ~/.bashrc for sshd unless it is a deeper shell; what this machine's has in store is not ours to test.
    `SetEnv SHLVL=1 PATH=${programs === undefined ? '' : `${programs}:`}/usr/local/bin:/usr/bin:/bin`,
    '',
  ].join('\n');
