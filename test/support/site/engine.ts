/** What runs the releases of a test file: a Temporal server on a database file, and workers that can be killed or frozen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { type Crew, createCrew, type Member } from '../../../demo/processes/crew.ts';
import { signalGroup } from '../../../demo/processes/groups.ts';
import { nodeScript } from '../../../demo/processes/node-script.ts';
import { connect, registerSearchAttributes } from '../../../src/client.ts';
import { readConfig } from '../../../src/config.ts';
import { type DevServer, startDevServer } from '../../../src/provision/dev-server.ts';
import { provisionTemporal } from '../../../src/provision/provision.ts';
import { testBundle } from '../bundle.ts';

const workerMain = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
const quiet = () => undefined;

export class Engine {
  /** Removed at the end; the sites of the file live in it. */
  readonly folder: string;
  /** Ends every worker and every deployed server, even when this process is killed. */
  readonly crew: Crew;
  readonly client: Client;
  /** Settings with which commands and workers reach this server and no other. */
  readonly env: Readonly<Record<string, string>>;
  readonly #temporalPath: string;
  #server: DevServer;
  #workers: Member[] = [];
  #started = 0;

  private constructor(parts: Pick<Engine, 'folder' | 'crew' | 'client' | 'env'>, path: string, server: DevServer) {
    ({ folder: this.folder, crew: this.crew, client: this.client, env: this.env } = parts);
    this.#temporalPath = path;
    this.#server = server;
  }

  /** With one worker. */
  static async start(): Promise<Engine> {
    const folder = await mkdtemp(join(tmpdir(), 'gray-site-'));
    const { path } = await provisionTemporal({ log: quiet, env: process.env });
    const [server, bundle] = await Promise.all([startServer(path, folder), testBundle()]);
    await writeFile(join(folder, 'bundle.js'), bundle.code);
    const env = settings(folder, server);
    const client = await connect({ temporal: readConfig(env).temporal });
    await registerSearchAttributes(client.connection, 'default');
    const engine = new Engine({ folder, crew: createCrew(folder), client, env }, path, server);
    await engine.startWorker();
    return engine;
  }

  async startWorker(): Promise<Member> {
    this.#started += 1;
    const member = await this.crew.start({
      name: `worker-${this.#started}`,
      ...nodeScript(workerMain, [join(this.folder, 'bundle.js')]),
      env: { ...process.env, ...this.env, GRAY_LOG_LEVEL: 'warn' },
      ready: (output) => output.includes('worker is ready'),
    });
    this.#workers.push(member);
    return member;
  }

  /** SIGKILL to every worker, then a new one. */
  async replaceWorkers(): Promise<void> {
    await this.killWorkers();
    await this.startWorker();
  }

  async killWorkers(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.kill('SIGKILL')));
  }

  /** Freezes all the workers of this moment; what thaws them is returned. They still end with the others. */
  freezeWorkers(): () => void {
    const frozen = [...this.#workers];
    for (const { pid } of frozen) signalGroup(pid, 'SIGSTOP');
    return () => {
      for (const { pid } of frozen) signalGroup(pid, 'SIGCONT');
    };
  }

  stopServer(): Promise<void> {
    return this.#server.stop();
  }

  /** No good-bye: what it had not written is lost. */
  async crashServer(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.ended;
  }

  /** At the address and on the database file it had before. */
  async startServer(): Promise<void> {
    this.#server = await startServer(this.#temporalPath, this.folder, Number(this.#server.address.split(':')[1]));
  }

  async end(): Promise<void> {
    await this.killWorkers();
    await this.crew.end();
    await this.client.connection.close();
    await this.#server.stop();
    if (process.env.GRAY_TEST_KEEP === undefined) await rm(this.folder, { recursive: true, force: true });
  }
}

const startServer = (path: string, folder: string, port?: number): Promise<DevServer> =>
  startDevServer({
    ...{ path, dbFile: join(folder, 'temporal.db'), namespace: 'default', searchAttributes: [], log: quiet },
    ...(port !== undefined && { port }),
  });

/** The profile does not exist on purpose: the user's own one names another server. */
const settings = (folder: string, { address, uiUrl }: DevServer) => ({
  TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml'),
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: 'default',
  GRAY_UI_URL: uiUrl,
});
