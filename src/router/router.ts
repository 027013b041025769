/** The router process of the project's own: two entrances, one admin side, one route. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAdmin, openMetrics } from './admin.ts';
import { Clients } from './clients.ts';
import type { RouterConfig } from './config.ts';
import { type EntranceParts, openEntrance } from './entrance.ts';
import { Health } from './health.ts';
import { attributesReader, identityReader } from './identity.ts';
import type { Listener } from './listener.ts';
import { RouterMetrics } from './metrics.ts';
import { RouteHolder } from './route-holder.ts';
import { Servers } from './servers.ts';
import { Upstream } from './upstream.ts';

export interface RunningRouter {
  /** Base URL of the public entrance. */
  readonly entrance: string;
  /** Base URL of the loopback entrance for probes. */
  readonly probe: string;
  /** Socket path or URL. */
  readonly admin: string;
  /** URL of the listener for metrics, where there is one. */
  readonly metrics: string | null;
  readonly instance: string;
  /** Takes in nothing new, lets open requests end for up to `stopMs`, then cuts them. */
  stop(): Promise<void>;
}

/** Loads the state file, asks every server once, then opens the doors. Throws `InvalidInput` for what it cannot use. */
export async function startRouter(config: RouterConfig): Promise<RunningRouter> {
  const holder = await RouteHolder.open(config);
  const servers = new Servers(config.servers);
  const health = new Health(servers, config.health);
  const upstream = new Upstream(config);
  const metrics = new RouterMetrics(servers, holder);
  // Asked for on the listener for metrics alone.
  const clients = config.metrics === undefined ? null : new Clients();
  const instance = `${process.pid}-${Date.now()}-${randomUUID()}`;
  await health.start();
  const stopping = new AbortController();
  const shared = { holder, servers, health, upstream, stopping: stopping.signal };
  const listeners: Listener[] = [];
  const opened = async (opening: Promise<Listener>) => {
    const listener = await opening;
    listeners.push(listener);
    return listener.url;
  };
  const stop = async () => {
    stopping.abort();
    const cut = () => void servers.closeSessions(config.servers.map(({ id }) => id));
    await closeAll(listeners, config.stopMs, cut);
    health.stop();
    upstream.end();
  };
  try {
    return {
      admin: await opened(openAdmin({ ...shared, metrics, instance }, config.admin)),
      metrics: config.metrics === undefined ? null : await opened(openMetrics({ metrics, clients }, config.metrics)),
      probe: await opened(openEntrance(probeParts(shared, config), config.probe)),
      entrance: await opened(openEntrance(publicParts({ ...shared, metrics, clients }, config), config.listen)),
      instance,
      stop,
    };
  } catch (error) {
    for (const listener of listeners) listener.cut();
    await stop();
    throw error;
  }
}

type Shared = Pick<EntranceParts, 'holder' | 'servers' | 'health' | 'upstream' | 'stopping'>;

const probeParts = (shared: Shared, { identity }: RouterConfig): EntranceParts => ({
  ...shared,
  identity: identityReader(spec(identity)),
  attributes: attributesReader(true),
  reveal: true,
  metrics: null,
  clients: null,
});

const publicParts = (
  shared: Shared & { readonly metrics: RouterMetrics; readonly clients: Clients | null },
  { identity, revealRoute }: RouterConfig,
): EntranceParts => ({
  ...shared,
  identity: identityReader(spec(identity.trustHeader ? identity : { ...identity, header: undefined })),
  attributes: attributesReader(identity.trustHeader),
  reveal: revealRoute,
});

const spec = ({ header, cookie }: { header?: string | undefined; cookie?: string | undefined }) => ({
  ...(header === undefined ? {} : { header }),
  ...(cookie === undefined ? {} : { cookie }),
});

/** `cut` ends what the listeners know nothing of: upgraded connections. */
async function closeAll(listeners: readonly Listener[], withinMs: number, cut: () => void): Promise<void> {
  const closed = Promise.all(listeners.map((listener) => listener.close()));
  const patience = new AbortController();
  const late = sleep(withinMs, true, { signal: patience.signal }).catch(() => false);
  if (await Promise.race([closed.then(() => false), late])) {
    cut();
    for (const listener of listeners) listener.cut();
  }
  patience.abort();
  await closed;
}
