/** Envoy's admin side, only read: which process it is, its servers and what is open at each. */
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import type { ServerTraffic } from '../../../domain/route.ts';
import type { Place, PoolName, ServerSpec } from '../../../domain/server.ts';
import { parsedJson } from '../../parsed-json.ts';
import { adminText } from '../admin-text.ts';
import type { RouterContext } from '../port.ts';
import { clusterOf } from './names.ts';
import type { Site } from './site.ts';

/** Numbers come as text, and not at all where they are zero. */
const count = z.coerce.number().int().min(0).default(0);

const clustersSchema = z.object({
  cluster_statuses: z
    .array(
      z.object({
        name: z.string(),
        host_statuses: z
          .array(
            z.object({
              address: z.object({ socket_address: z.object({ address: z.string(), port_value: z.int() }).optional() }),
              stats: z.array(z.object({ name: z.string(), value: count })).default([]),
              health_status: z.record(z.string(), z.union([z.boolean(), z.string()])).default({}),
              priority: z.int().default(0),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

export interface Host {
  readonly place: Place;
  readonly up: boolean;
  readonly open: number;
}

/** By `host:port`, in each of the two clusters. */
export type Hosts = Readonly<Record<PoolName, ReadonlyMap<string, Host>>>;

/** Throws `routerRefused` where Envoy has no such clusters. */
export async function hostsIn({ spec: { admin }, context: { target } }: Site): Promise<Hosts> {
  const { cluster_statuses: clusters } = await told(admin, '/clusters?format=json', clustersSchema);
  const hosts = (pool: PoolName) => {
    const name = clusterOf(target, pool);
    const found = clusters.find((cluster) => cluster.name === name);
    if (found === undefined) throw new GrayError('routerRefused', `the Envoy of ${admin} has no cluster ${name}`);
    return new Map(found.host_statuses.flatMap((status) => hostOf(status, pool)));
  };
  return { a: hosts('a'), b: hosts('b') };
}

type HostStatus = z.output<typeof clustersSchema>['cluster_statuses'][number]['host_statuses'][number];

function hostOf({ address, stats, health_status: health, priority }: HostStatus, pool: PoolName): [string, Host][] {
  const at = address.socket_address;
  if (at === undefined) return [];
  const other = pool === 'a' ? 'b' : 'a';
  const place = health.eds_health_status === 'DRAINING' ? 'out' : priority === 0 ? pool : other;
  const failing = Object.entries(health).some(([name, value]) => name !== 'eds_health_status' && value === true);
  const open = stats.find(({ name }) => name === 'rq_active')?.value ?? 0;
  return [[`${at.address}:${at.port_value}`, { place, up: !failing, open }]];
}

export const addressOf = ({ address }: ServerSpec): string => `${address.host}:${address.port}`;

/** Between two steps of a write the clusters may differ: then a server is in no pool for sure. */
export function placesOf({ a, b }: Hosts, { servers }: RouterContext): Record<string, Place> {
  const places = servers.map((server): [string, Place] => {
    const [one, other] = [a.get(addressOf(server))?.place, b.get(addressOf(server))?.place];
    return [server.id, one !== undefined && one === other ? one : 'out'];
  });
  return Object.fromEntries(places);
}

/** Both clusters ask a server: the users of the other pool may have come when their own could not serve. */
export function trafficOf({ a, b }: Hosts, { servers }: RouterContext): Record<string, ServerTraffic> {
  const seen = servers.map((server): [string, ServerTraffic] => {
    const both = [a, b].flatMap((hosts) => hosts.get(addressOf(server)) ?? []);
    return [
      server.id,
      {
        up: both.length > 0 && both.every(({ up }) => up),
        openSessions: both.reduce((sum, { open }) => sum + open, 0),
      },
    ];
  });
  return Object.fromEntries(seen);
}

const startSchema = z.object({ configs: z.array(z.object({ last_updated: z.string() })).min(1) });

/** Changes when Envoy is started anew: when it took over its first listeners. */
export async function instanceOf(admin: string): Promise<string> {
  const { configs } = await told(admin, '/config_dump?resource=static_listeners&mask=last_updated', startSchema);
  return `envoy-${configs[0]?.last_updated}`;
}

const infoSchema = z.object({ command_line_options: z.object({ concurrency: z.int().min(1) }) });

const gaugeSchema = z.object({ stats: z.array(z.object({ name: z.string(), value: count })) });

/** From one gauge; where statistics are cut down, from what Envoy was started with, which takes it far longer to tell. */
export async function workersOf(admin: string): Promise<number> {
  const path = '/stats?type=Gauges&filter=^server.concurrency$&format=json';
  const { stats } = await told(admin, path, gaugeSchema);
  const workers = stats.find(({ name }) => name === 'server.concurrency')?.value ?? 0;
  return workers || (await told(admin, '/server_info', infoSchema)).command_line_options.concurrency;
}

const settingsSchema = z.object({
  configs: z
    .array(
      z.object({
        cluster: z.object({
          name: z.string(),
          common_lb_config: z
            .object({
              update_merge_window: z.string().optional(),
              healthy_panic_threshold: z.object({ value: z.number().default(0) }).optional(),
            })
            .default({}),
        }),
      }),
    )
    .default([]),
});

/** How the clusters of the bootstrap configuration treat changes and failing servers, by name. */
export async function settingsOf(admin: string) {
  const { configs } = await told(admin, '/config_dump?resource=static_clusters', settingsSchema);
  return new Map(
    configs.map(({ cluster: { name, common_lb_config: config } }) => [
      name,
      { window: config.update_merge_window, panic: config.healthy_panic_threshold?.value },
    ]),
  );
}

/** Whether listeners and clusters of the bootstrap configuration name `path`. */
export async function names(admin: string, path: string): Promise<boolean> {
  const dumps = await Promise.all(
    ['static_listeners', 'static_clusters'].map((part) => ask(admin, `/config_dump?resource=${part}`)),
  );
  return dumps.some((dump) => dump.includes(JSON.stringify(path)));
}

async function told<T>(admin: string, path: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parsedJson(await ask(admin, path)));
  if (parsed.success) return parsed.data;
  throw new GrayError('routerRefused', `${admin}${path.split('?', 1)[0]} does not answer as Envoy does`, {
    cause: parsed.error,
  });
}

const ask = (admin: string, path: string): Promise<string> => adminText({ name: 'Envoy', port: 9901 }, admin, path);
