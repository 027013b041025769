/** A site: real servers, a real router, constant load from a client that never retries, and one release across them. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildArtifact, type Faults } from '../../demo/build-artifact.ts';
import { type LoadHandle, startLoad } from '../../demo/load/start.ts';
import { endServers } from '../../demo/processes/servers.ts';
import { quietPorts } from '../../demo/stage/ports.ts';
import { processesMarked, serverMark } from '../../src/adapters/deployer/process/processes.ts';
import { createRouter } from '../../src/adapters/router/index.ts';
import { isUnreachable, readVersion } from '../../src/adapters/version-probe.ts';
import { releaseStatus, type StartedRelease, startRelease } from '../../src/client.ts';
import { GrayError } from '../../src/domain/errors.ts';
import { workflowIdOf } from '../../src/domain/names.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import type { Status } from '../../src/domain/status.ts';
import { type DeployerKind, type SiteDeployer, startSiteDeployer } from './site/deployers.ts';
import type { Engine } from './site/engine.ts';
import { siteServers, siteSpec } from './site/release.ts';
import { type SiteRouter, type SiteRouterKind, startSiteRouter } from './site/routers.ts';

export interface SiteOrder {
  readonly router?: SiteRouterKind;
  readonly deployer?: DeployerKind;
  readonly servers?: number;
  /** The first of them. */
  readonly gray?: number;
  /** Of version 2.0.0; `onlyWhile` names a switch of the site. */
  readonly faults?: Faults;
  /** Of version 1.0.0. */
  readonly baseFaults?: Faults;
  /** Requests a second; 60 by default. */
  readonly rate?: number;
  /** `file` gives a name its place in the site's folder. */
  readonly change?: (file: (name: string) => string) => Partial<ReleaseSpec>;
}

const load = { path: '/work', users: 200, rate: 60, anonymousPart: 0.1, freshPart: 0.2, timeoutMs: 15_000 };
let sites = 0;

export class Site {
  readonly spec: ReleaseSpec;
  readonly router: SiteRouter;
  readonly engine: Engine;
  readonly #folder: string;
  readonly #deployer: SiteDeployer;
  readonly #outages: { readonly fromMs: number; readonly toMs: number }[] = [];
  #load: LoadHandle | null = null;

  private constructor(parts: Pick<Site, 'spec' | 'router' | 'engine'>, deployer: SiteDeployer, folder: string) {
    ({ spec: this.spec, router: this.router, engine: this.engine } = parts);
    this.#deployer = deployer;
    this.#folder = folder;
  }

  /** Every server runs 1.0.0 and the load has begun. */
  static async open(engine: Engine, order: SiteOrder = {}): Promise<Site> {
    sites += 1;
    const target = `shop-${sites}`;
    const folder = await mkdtemp(join(engine.folder, `${target}-`));
    const file = (name: string) => join(folder, name);
    const onlyWhile = order.faults?.onlyWhile;
    const faults = { ...order.faults, ...(onlyWhile !== undefined && { onlyWhile: file(onlyWhile) }) };
    const base = await buildArtifact({ dir: file('builds'), version: '1.0.0', faults: order.baseFaults ?? {} });
    const artifact = await buildArtifact({ dir: file('builds'), version: '2.0.0', faults });
    const servers = siteServers(await quietPorts(order.servers ?? 4), order.gray ?? 2);
    const serversDir = file('servers');
    await mkdir(serversDir);
    engine.crew.adoptServers(serversDir);
    const router = await startSiteRouter(order.router ?? 'embedded', { folder, target, servers });
    const deployer = await startSiteDeployer(order.deployer ?? 'process', { target, serversDir });
    const facts = { target, servers, artifact, router: router.spec, deployer: deployer.spec };
    const spec = siteSpec(facts, order.change?.(file) ?? {});
    const site = new Site({ spec, router, engine }, deployer, folder);
    open.add(site);
    await Promise.all(servers.map((server) => deployer.install(server, base)));
    site.#load = startLoad({ url: router.entrance, ...load, rate: order.rate ?? load.rate });
    return site;
  }

  get target(): string {
    return this.spec.target;
  }

  start(by = 'ana', client = this.engine.client): Promise<StartedRelease> {
    return startRelease(client, { spec: this.spec, by, reason: 'weekly release' });
  }

  /** What `passesWhen` and `onlyWhile` wait for. */
  switchOn(name: string): Promise<void> {
    return writeFile(join(this.#folder, name), '');
  }

  switchOff(name: string): Promise<void> {
    return rm(join(this.#folder, name), { force: true });
  }

  /** The first status that is as wanted; one without a worker behind it counts for nothing. */
  async until(wanted: (status: Status) => boolean, withinMs = 40_000): Promise<Status> {
    const endAt = Date.now() + withinMs;
    for (;;) {
      const status = await releaseStatus(this.engine.client, this.target).catch(unlessAway);
      if (status !== null && status.stale === undefined && wanted(status)) return status;
      if (Date.now() > endAt || status?.phase === 'closed')
        throw new Error(`never came: ${wanted.toString()}; now ${JSON.stringify(status, null, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  closed(withinMs = 60_000): Promise<Status> {
    return this.until(({ phase }) => phase === 'closed', withinMs);
  }

  /** As the running processes say, in the order of the servers; null for one that does not answer. */
  versions(): Promise<(string | null)[]> {
    return Promise.all(
      this.spec.servers.map(async (server) => {
        const answer = await readVersion(server, this.spec.version, { timeoutMs: 2_000 });
        return isUnreachable(answer) ? null : answer.version;
      }),
    );
  }

  /** Every start of a server since the site opened, as versions: nothing is done twice when none is there twice. */
  async starts(): Promise<Record<string, string[]>> {
    const logs = this.spec.servers.map(async ({ id }) => {
      const log = await readFile(join(this.#folder, 'servers', id, 'server.log'), 'utf8');
      return [id, [...log.matchAll(/^=== start (.+)$/gm)].map(([, version = '']) => version)] as const;
    });
    return Object.fromEntries(await Promise.all(logs));
  }

  async pids(): Promise<Record<string, readonly number[]>> {
    const pidsOf = async (id: string) => {
      const found = await processesMarked(serverMark, await realpath(join(this.#folder, 'servers', id)));
      return [id, found.map(({ pid }) => pid)] as const;
    };
    return Object.fromEntries(await Promise.all(this.spec.servers.map(({ id }) => pidsOf(id))));
  }

  async killServer(id: string): Promise<void> {
    for (const pid of (await this.pids())[id] ?? []) process.kill(pid, 'SIGKILL');
  }

  /** As an operator or a supervisor of the machine does. */
  async reviveServer(id: string): Promise<void> {
    const server = this.spec.servers.find((one) => one.id === id);
    if (server !== undefined) await this.#deployer.revive(server);
  }

  /** What the router itself holds. */
  async route(): Promise<DesiredRoute> {
    const { router, target, servers } = this.spec;
    return (await createRouter(router, { target, servers }).read()).route;
  }

  get load(): LoadHandle {
    if (this.#load === null) throw new Error('there is no load');
    return this.#load;
  }

  /** Runs `during`, in which the router is away; requests lost in it are its own, see `lostUnexpectedly`. */
  async outage(during: () => Promise<void>): Promise<void> {
    const fromMs = Date.now();
    await during();
    this.#outages.push({ fromMs, toMs: Date.now() });
  }

  /** Ends the load. Requests that were lost in a second without any outage. */
  async lostUnexpectedly(): Promise<number> {
    await this.load.stop();
    const away = (atMs: number) => this.#outages.some(({ fromMs, toMs }) => atMs >= fromMs && atMs - 1_500 <= toMs);
    return this.load.seconds().reduce((sum, { atMs, lost }) => sum + (away(atMs) ? 0 : lost), 0);
  }

  /** Ends everything of the site; the servers a deployment under way may still start end with the engine. */
  async end(): Promise<void> {
    open.delete(this);
    const { client } = this.engine;
    await client.workflow
      .getHandle(workflowIdOf(this.target))
      .terminate('test over')
      .catch(() => undefined);
    await this.#load?.stop().catch(() => undefined);
    await this.router.end();
    await endServers(join(this.#folder, 'servers'));
    await this.#deployer.end();
  }
}

/** A test may stop Temporal. */
function unlessAway(error: unknown): null {
  if (error instanceof GrayError && error.code === 'temporalUnreachable') return null;
  throw error;
}

const open = new Set<Site>();

export const endSites = async (): Promise<void> => void (await Promise.all([...open].map((site) => site.end())));
