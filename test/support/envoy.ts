/** A real Envoy on loopback, configured as the documentation says. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { envoyConfig, envoyFilesAtRest } from '../../src/adapters/router/envoy.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import type { EnvoyRouterSpec } from '../../src/domain/spec.ts';
import { envoyProgram } from './envoy-program.ts';
import { freePorts } from './ports.ts';
import { type StartedProcess, startProcess } from './processes.ts';

const lua = fileURLToPath(new URL('../../src/adapters/router/envoy/gray.lua', import.meta.url));

/** Fetched before the first test, or found on PATH. */
function program(): string {
  const path = process.env[envoyProgram.variable];
  if (path) return path;
  throw new Error('there is no Envoy: its wheel could not be fetched, and none is on PATH');
}

export interface EnvoyOrder {
  readonly servers: readonly ServerSpec[];
  /** Where its files are kept. */
  readonly stateDir?: string;
  readonly target?: string;
  readonly workers?: number;
  /** Its admin side on loopback; a Unix socket when not said. */
  readonly adminPort?: number;
  /** The last word on its configuration. */
  readonly edit?: (yaml: string) => string;
}

export class Envoy {
  readonly dir: string;
  readonly spec: EnvoyRouterSpec;
  readonly #workers: number;
  #process: StartedProcess | undefined;

  private constructor(dir: string, { stateDir = dir, workers = 2, adminPort }: EnvoyOrder, ports: readonly number[]) {
    const [entrance = 0, probe = 0] = ports;
    this.dir = dir;
    this.#workers = workers;
    this.spec = {
      ...{ kind: 'envoy', identity: { header: 'x-user-id', cookie: 'uid' } },
      ...{ admin: adminPort === undefined ? join(dir, 'admin.sock') : `http://127.0.0.1:${adminPort}`, dir: stateDir },
      ...{ entrance: `http://127.0.0.1:${entrance}`, probe: `http://127.0.0.1:${probe}` },
    };
  }

  static async start(order: EnvoyOrder): Promise<Envoy> {
    const dir = await mkdtemp(join(tmpdir(), 'gray-envoy-'));
    const envoy = new Envoy(dir, order, await freePorts(2));
    const { spec } = envoy;
    const { target = 'contract', servers, edit = (yaml) => yaml } = order;
    for (const [name, text] of Object.entries(envoyFilesAtRest({ target, servers, identity: spec.identity }))) {
      await writeFile(join(spec.dir, name), text);
    }
    const config = envoyConfig({
      ...{ target, dir: spec.dir, lua, admin: URL.canParse(spec.admin) ? new URL(spec.admin).host : spec.admin },
      ...{ entrance: new URL(spec.entrance).host, probe: new URL(spec.probe).host },
      check: { path: '/version', intervalMs: 100 },
    });
    await writeFile(join(dir, 'envoy.yaml'), edit(config));
    await envoy.run();
    return envoy;
  }

  async run(): Promise<void> {
    await rm(this.spec.admin, { force: true });
    this.#process = await startProcess({
      command: program(),
      args: [
        ...['-c', join(this.dir, 'envoy.yaml'), '--concurrency', String(this.#workers), '-l', 'warning'],
        ...['--disable-hot-restart', '--log-path', join(this.dir, 'envoy.log')],
      ],
      ready: { port: Number(new URL(this.spec.entrance).port) },
    });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  /** Somebody puts a file in the place of one that a release wrote. */
  async replace(name: string, text: string): Promise<void> {
    await writeFile(join(this.spec.dir, `${name}.by-hand`), text);
    await rename(join(this.spec.dir, `${name}.by-hand`), join(this.spec.dir, name));
  }

  log(): Promise<string> {
    return readFile(join(this.dir, 'envoy.log'), 'utf8');
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}
