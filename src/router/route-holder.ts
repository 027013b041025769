/** The route in force. Fence check, file and effect are one step: writes run one after another, requests never wait. */
import { fenceDecision, refuseOtherServers, routeAtRest } from '../domain/fence.ts';
import type { DesiredRoute } from '../domain/route.ts';
import type { Arm } from '../domain/server.ts';
import { type Attributes, assign } from '../domain/split.ts';
import type { RouterConfig, ServerConfig } from './config.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

type HolderConfig = Pick<RouterConfig, 'target' | 'stateFile'> & { readonly servers: readonly ServerConfig[] };

export class RouteHolder {
  readonly #config: HolderConfig;
  #route: DesiredRoute;
  #listed: Listed;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(config: HolderConfig, route: DesiredRoute) {
    this.#config = config;
    this.#route = route;
    this.#listed = listedIn(route);
  }

  /** Takes up the route a former process left; a server that is new since then is out. */
  static async open(config: HolderConfig): Promise<RouteHolder> {
    const left = await readStateFile(config.stateFile, config.target);
    const rest = routeAtRest(config.servers);
    if (left === null) return new RouteHolder(config, rest);
    const servers = config.servers.map(({ id }) => [id, left.servers[id] ?? 'out'] as const);
    return new RouteHolder(config, { ...left, servers: Object.fromEntries(servers) });
  }

  get route(): DesiredRoute {
    return this.#route;
  }

  /** The arm of `user`, by `assign`; long lists cost nothing here. */
  armOf(user: string | null, attributes: Attributes): Arm {
    const { gray, stable, nobody } = this.#listed;
    if (user === null || !(gray.has(user) || stable.has(user))) return assign(nobody, user, attributes);
    const alwaysGray = gray.has(user) ? [user] : [];
    const alwaysStable = stable.has(user) ? [user] : [];
    const { period, split } = nobody;
    return assign({ period, split: { ...split, alwaysGray, alwaysStable } }, user, attributes);
  }

  /** Durable before it is effective. `prepare` runs inside the step, before the write. */
  apply(desired: DesiredRoute, prepare: (entering: readonly string[]) => Promise<void>): Promise<DesiredRoute> {
    return this.#alone(async () => {
      if (fenceDecision(this.#route, desired, 'the router') === 'repeat') return this.#route;
      refuseOtherServers(this.#route, desired);
      await prepare(entering(this.#route, desired));
      await writeStateFile(this.#config.stateFile, this.#config.target, desired);
      this.#listed = listedIn(desired);
      this.#route = desired;
      return desired;
    });
  }

  /** Runs `step` while no write is under way. */
  alone<T>(step: () => T): Promise<T> {
    return this.#alone(async () => step());
  }

  #alone<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

interface Listed {
  readonly gray: ReadonlySet<string>;
  readonly stable: ReadonlySet<string>;
  /** The route of those who are on no list. */
  readonly nobody: Pick<DesiredRoute, 'period' | 'split'>;
}

/** Sorted out once for every route, not for every request. */
const listedIn = ({ period, split }: DesiredRoute): Listed => ({
  gray: new Set(split.alwaysGray),
  stable: new Set(split.alwaysStable),
  nobody: { period, split: { ...split, alwaysGray: [], alwaysStable: [] } },
});

const entering = (held: DesiredRoute, desired: DesiredRoute): string[] =>
  Object.keys(desired.servers).filter((id) => held.servers[id] === 'out' && desired.servers[id] !== 'out');
