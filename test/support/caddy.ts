/** A real Caddy on loopback with its decider, configured as the documentation says. Nothing of Debian's service is used. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { caddyConfig } from '../../src/adapters/router/caddy/config.ts';
import type { DeciderConfigInput } from '../../src/decider/config.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import type { CaddyRouterSpec } from '../../src/domain/spec.ts';
import { freePorts } from './ports.ts';
import { type StartedProcess, startProcess, startTypeScript } from './processes.ts';
import { configured } from './router-process.ts';

const main = fileURLToPath(new URL('../../src/decider/main.ts', import.meta.url));

export interface CaddyOrder {
  readonly target?: string;
  readonly servers: readonly ServerSpec[];
  /** Where the decider keeps its state file. */
  readonly stateDir?: string;
  readonly admin?: DeciderConfigInput['admin'];
  /** The last word on the Caddyfile. */
  readonly edit?: (caddyfile: string) => string;
}

export class Caddy {
  readonly dir: string;
  readonly spec: CaddyRouterSpec;
  readonly stateFile: string;
  readonly road: string;
  #caddy: StartedProcess | undefined;
  #decider: StartedProcess | undefined;
  readonly #decisionsPort: number;

  private constructor(dir: string, order: CaddyOrder, ports: readonly number[]) {
    const [entrance = 0, probe = 0, decisions = 0] = ports;
    this.dir = dir;
    this.#decisionsPort = decisions;
    this.stateFile = join(order.stateDir ?? dir, 'decider.json');
    this.road = join(dir, 'road');
    const { admin = { socket: join(dir, 'decider.sock') } } = order;
    this.spec = {
      kind: 'caddy',
      identity: { header: 'x-user-id', cookie: 'uid', segments: ['x-branch', 'x-staff'] },
      admin: join(dir, 'caddy.sock'),
      ...('socket' in admin
        ? { decider: admin.socket }
        : { decider: `http://127.0.0.1:${admin.port}`, tokenEnv: admin.tokenEnv }),
      entrance: `http://127.0.0.1:${entrance}`,
      probe: `http://127.0.0.1:${probe}`,
    };
  }

  static async start(order: CaddyOrder): Promise<Caddy> {
    const dir = await mkdtemp(join(tmpdir(), 'gray-caddy-'));
    const caddy = new Caddy(dir, order, await freePorts(3));
    const { spec, road, stateFile } = caddy;
    const { edit = (text) => text, servers, target = 'contract' } = order;
    const config: DeciderConfigInput = {
      target,
      decisions: { port: caddy.#decisionsPort },
      admin: order.admin ?? { socket: spec.decider },
      stateFile,
      road,
      identity: { header: 'x-user-id', cookie: 'uid' },
      servers: configured(servers),
      health: { everyMs: 100, timeoutMs: 1_000 },
    };
    await writeFile(join(dir, 'decider.json5'), JSON.stringify(config));
    const caddyfile = caddyConfig({
      target,
      servers,
      admin: `unix/${spec.admin}`,
      entrance: `http://:${new URL(spec.entrance).port}`,
      probe: `http://:${new URL(spec.probe).port}`,
      decisions: `127.0.0.1:${caddy.#decisionsPort}`,
      road,
    });
    await writeFile(join(dir, 'Caddyfile'), edit(caddyfile));
    await caddy.startDecider();
    await caddy.startCaddy();
    return caddy;
  }

  async startDecider(): Promise<void> {
    this.#decider = await startTypeScript(main, [join(this.dir, 'decider.json5')], { ready: /"ready":true/ });
  }

  async startCaddy(): Promise<void> {
    await rm(this.spec.admin, { force: true });
    // Caddy saves its last configuration under the home directory.
    this.#caddy = await startProcess({
      command: '/usr/bin/caddy',
      args: ['run', '--config', join(this.dir, 'Caddyfile'), '--adapter', 'caddyfile'],
      env: { HOME: this.dir, XDG_DATA_HOME: this.dir, XDG_CONFIG_HOME: this.dir },
      ready: { port: Number(new URL(this.spec.entrance).port) },
    });
  }

  async killDecider(): Promise<void> {
    await this.#decider?.kill();
  }

  signalDecider(signal: NodeJS.Signals): void {
    this.#decider?.signal(signal);
  }

  async killCaddy(): Promise<void> {
    await this.#caddy?.kill();
  }

  /** Both die at once and are started again. */
  async restart(): Promise<void> {
    await Promise.all([this.killCaddy(), this.killDecider()]);
    await Promise.all([this.startDecider(), this.startCaddy()]);
  }

  log(): string {
    return this.#caddy?.output() ?? '';
  }

  async end(): Promise<void> {
    await Promise.all([this.killCaddy(), this.killDecider()]);
    await rm(this.dir, { recursive: true, force: true });
  }
}
