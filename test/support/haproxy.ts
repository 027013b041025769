/** A real HAProxy on loopback, configured as the documentation says, with its files in a directory of its own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCli } from '../../src/adapters/router/haproxy/cli.ts';
import { haproxyConfig } from '../../src/adapters/router/haproxy/config.ts';
import { processOf } from '../../src/adapters/router/haproxy/look.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import type { HaproxyInstance, HaproxyRouterSpec } from '../../src/domain/spec.ts';
import { freePorts } from './ports.ts';
import { eventually, type StartedProcess, startProcess } from './processes.ts';

export const identity = { header: 'x-user-id', cookie: 'uid', segments: ['x-branch', 'x-staff'] } as const;

export interface HaproxyOrder {
  readonly target?: string;
  readonly servers: readonly ServerSpec[];
  /** Where its own directory is made. */
  readonly parent?: string;
  /** The last word on the configuration. */
  readonly edit?: (config: string) => string;
}

export class Haproxy {
  readonly target: string;
  readonly instance: HaproxyInstance;
  readonly entrance: string;
  readonly exporter: string;
  readonly configFile: string;
  readonly dir: string;
  #process: StartedProcess | undefined;

  private constructor(dir: string, target: string, ports: readonly number[]) {
    const [entrance = 0, probe = 0, exporter = 0] = ports;
    this.dir = dir;
    this.target = target;
    this.entrance = `http://127.0.0.1:${entrance}`;
    this.exporter = `http://127.0.0.1:${exporter}`;
    this.configFile = join(dir, 'haproxy.cfg');
    this.instance = {
      socket: join(dir, 'admin.sock'),
      map: join(dir, `${target}.map`),
      stateFile: join(dir, `${target}.state`),
      backends: { a: `${target}_a`, b: `${target}_b` },
      probe: `http://127.0.0.1:${probe}`,
    };
  }

  static async start({
    target = 'shop',
    servers,
    parent = tmpdir(),
    edit = (text) => text,
  }: HaproxyOrder): Promise<Haproxy> {
    const dir = await mkdtemp(join(parent, 'gray-haproxy-'));
    const haproxy = new Haproxy(dir, target, await freePorts(3));
    const config = haproxyConfig({
      target,
      servers,
      identity,
      instance: haproxy.instance,
      entrance: new URL(haproxy.entrance).host,
      exporter: new URL(haproxy.exporter).host,
      check: { intervalMs: 100, rise: 1, fall: 2 },
    });
    await writeFile(haproxy.configFile, edit(config));
    await writeFile(haproxy.instance.map, '');
    await writeFile(haproxy.instance.stateFile, '');
    await haproxy.start();
    return haproxy;
  }

  get spec(): HaproxyRouterSpec {
    return { kind: 'haproxy', identity, entrance: this.entrance, instances: [this.instance] };
  }

  /** Master and worker, as a service runs it. */
  async start(): Promise<void> {
    this.#process = await startProcess({
      command: '/usr/sbin/haproxy',
      args: ['-W', '-f', this.configFile],
      ready: { port: Number(new URL(this.entrance).port) },
    });
    await eventually(() => this.workerPid().catch(() => null));
  }

  async workerPid(): Promise<number> {
    return withCli(this.instance.socket, {}, async (cli) => Number((await processOf(cli)).pid));
  }

  /** Master and worker die at once. */
  async kill(): Promise<void> {
    const worker = await this.workerPid().catch(() => null);
    await this.#process?.kill();
    if (worker !== null) await endWorker(worker);
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** What a renewed certificate does: a new worker takes over. A signal can get lost, so it is sent until seen. */
  async reload(): Promise<void> {
    const before = await this.workerPid();
    for (let attempt = 0; attempt < 10; attempt += 1) {
      this.#process?.signal('SIGUSR2');
      for (let wait = 0; wait < 40; wait += 1) {
        await sleep(25);
        const pid = await this.workerPid().catch(() => before);
        if (pid !== before) return;
      }
    }
    throw new Error(`HAProxy does not reload:\n${this.#process?.output()}`);
  }

  log(): string {
    return this.#process?.output() ?? '';
  }

  async config(): Promise<string> {
    return readFile(this.configFile, 'utf8');
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A worker ends with its master, but not at once; its ports must be free before the next start. */
async function endWorker(pid: number): Promise<void> {
  await eventually(async () => {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // Whoever adopted it may take a while to collect a zombie; its sockets are closed all the same.
    if (state === '' || / Z /.test(state.slice(0, 60))) return true;
    process.kill(pid, 'SIGKILL');
    return false;
  });
}
