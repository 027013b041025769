/** A real nginx with Lua on loopback, configured as the documentation says. Nothing of Debian's service is used. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nginxConfig } from '../../src/adapters/router/nginx/config.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import type { NginxLuaRouterSpec } from '../../src/domain/spec.ts';
import { freePorts } from './ports.ts';
import { type StartedProcess, startProcess } from './processes.ts';

export const luaDir = fileURLToPath(new URL('../../src/adapters/router/nginx', import.meta.url));

export interface NginxOrder {
  readonly servers: readonly ServerSpec[];
  readonly target?: string;
  /** Where the state file is kept. */
  readonly stateDir?: string;
  /** The environment variable with the admin's token. */
  readonly tokenEnv: string;
}

const luaModules = `load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
`;

/** A whole nginx.conf around what goes into its `http` block. */
export const aroundHttp = (
  dir: string,
  http: string,
  { lua = true } = {},
): string => `${lua ? luaModules : ''}${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 2;
pid ${join(dir, 'nginx.pid')};
error_log ${join(dir, 'error.log')} notice;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${join(dir, 'body')};
  proxy_temp_path ${join(dir, 'proxy')};
  fastcgi_temp_path ${join(dir, 'fastcgi')};
  uwsgi_temp_path ${join(dir, 'uwsgi')};
  scgi_temp_path ${join(dir, 'scgi')};
${http}
}
`;

/** Master and workers with a configuration in `dir`; without a daemon, so that their pid is the master's. */
export class NginxProcess {
  protected readonly dir: string;
  readonly #port: number;
  #process: StartedProcess | undefined;

  /** `port`: the one that answers when it is up. */
  constructor(dir: string, port: number) {
    this.dir = dir;
    this.#port = port;
  }

  async run(): Promise<void> {
    this.#process = await startProcess({
      command: '/usr/sbin/nginx',
      args: ['-p', this.dir, '-c', join(this.dir, 'nginx.conf'), '-e', join(this.dir, 'error.log')],
      ready: { port: this.#port },
    });
  }

  /** Master and workers die at once: workers that outlived their master would go on serving. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    running.signal('SIGSTOP');
    for (const worker of await childrenOf(running.pid)) endNow(worker);
    await running.kill();
  }

  async reload(): Promise<void> {
    this.#process?.signal('SIGHUP');
  }

  log(): Promise<string> {
    return readFile(join(this.dir, 'error.log'), 'utf8');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export class Nginx extends NginxProcess {
  readonly spec: NginxLuaRouterSpec;
  readonly stateFile: string;

  private constructor(dir: string, { stateDir = dir, tokenEnv }: NginxOrder, ports: readonly number[]) {
    const [entrance = 0, probe = 0, admin = 0] = ports.map((port) => `http://127.0.0.1:${port}`);
    super(dir, ports[0] ?? 0);
    this.stateFile = join(stateDir, 'route.json');
    const identity = { header: 'x-user-id', cookie: 'uid' };
    this.spec = { kind: 'nginx', identity, admin: `${admin}`, tokenEnv, entrance: `${entrance}`, probe: `${probe}` };
  }

  static async start(order: NginxOrder): Promise<Nginx> {
    const dir = await mkdtemp(join(tmpdir(), 'gray-nginx-'));
    const nginx = new Nginx(dir, order, await freePorts(3));
    const { spec, stateFile } = nginx;
    const tokenFile = join(dir, 'token');
    await writeFile(tokenFile, process.env[order.tokenEnv] ?? '', { mode: 0o600 });
    const http = nginxConfig({
      target: order.target ?? 'shop-1.eu',
      servers: order.servers,
      identity: spec.identity,
      lua: luaDir,
      stateFile,
      tokenFile,
      admin: new URL(spec.admin).host,
      entrance: new URL(spec.entrance).host,
      probe: new URL(spec.probe).host,
      check: { path: '/version', intervalMs: 100 },
    });
    await writeFile(join(dir, 'nginx.conf'), aroundHttp(dir, http));
    await nginx.run();
    return nginx;
  }

  /** Somebody else writes the state file. */
  spoil(text: string): Promise<void> {
    return writeFile(this.stateFile, text);
  }
}

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''))
    .split(' ')
    .filter((child) => child !== '')
    .map(Number);

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
