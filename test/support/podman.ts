/**
 * A real Podman of this test alone: own storage, own socket, own mounts and process ids, so that nothing of it outlives the
 * test. Its containers use the host's network. Needs root, and Debian's podman and crun.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type StartedProcess, startProcess } from './processes.ts';

export interface Podman {
  readonly socket: string;
  /** What the deployer does not do; any status is fine. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<number>;
  /** `image`: name by digest. */
  pull(image: string): Promise<void>;
  /** Somebody else's container of an image that was pulled, on the host's network. */
  run(name: string, image: string, environment: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const containersConf = `[containers]
cgroups = "disabled"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "crun"
`;

/** Without the older cgroup mounts of the host, with which crun refuses to work. */
const script = `umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup
exec podman --tmpdir "$1/tmp" system service --time=0 "unix://$1/podman.sock"`;

/** `insecure`: a registry without TLS. */
export async function startPodman(insecure: string): Promise<Podman> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-podman-'));
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(dir, name), content);
    return join(dir, name);
  };
  const env = {
    CONTAINERS_CONF: await file('containers.conf', containersConf),
    CONTAINERS_STORAGE_CONF: await file(
      'storage.conf',
      `[storage]\ndriver = "vfs"\ngraphroot = "${dir}/root"\nrunroot = "${dir}/run"\n`,
    ),
    CONTAINERS_REGISTRIES_CONF: await file(
      'registries.conf',
      `[[registry]]\nlocation = "${insecure}"\ninsecure = true\n`,
    ),
  };
  const socket = join(dir, 'podman.sock');
  const args = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, 'podman', dir];
  const service = await startProcess({ command: 'unshare', args, env });
  await answers(service, socket);
  return {
    socket,
    ask: (method, path) => statusOf(socket, method, path),
    pull: async (image) => {
      const [name = '', digest] = image.split('@');
      await statusOf(socket, 'POST', `/images/create?fromImage=${name}&tag=${digest}`);
    },
    run: async (name, image, environment) => {
      const body = { Image: image, Env: environment, HostConfig: { NetworkMode: 'host' } };
      const made = await statusOf(socket, 'POST', `/containers/create?name=${name}`, body);
      const started = await statusOf(socket, 'POST', `/containers/${name}/start`);
      if (made !== 201 || started !== 204) throw new Error(`${name} was not started: ${made}, ${started}`);
    },
    stop: async () => {
      await service.kill('SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answers(service: StartedProcess, socket: string): Promise<void> {
  const ended = service.exited.then(() => {
    throw new Error(`podman ended before it answered:\n${service.output()}`);
  });
  ended.catch(() => undefined);
  const up = eventually(
    () => pinged(socket),
    20_000,
    () => `podman:\n${service.output()}`,
  );
  await Promise.race([up, ended]);
}

const pinged = (socket: string): Promise<boolean> =>
  statusOf(socket, 'GET', '/_ping').then(
    (status) => status === 200,
    () => false,
  );

const statusOf = (socketPath: string, method: string, path: string, body?: unknown): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path, headers, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
