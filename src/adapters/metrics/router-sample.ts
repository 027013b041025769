/** One look at the counters of one router process. */
import type { RouterCounters, RouterMetric, RouterMetricsSpec } from '../../domain/spec.ts';
import { placeOf } from '../base-url.ts';
import { withCli } from '../router/haproxy/cli.ts';
import { askServer } from '../server-request.ts';
import type { Exposition } from './exposition-text.ts';
import { parseExposition } from './exposition-text.ts';
import type { ClientsOrReason } from './router-clients.ts';
import { parseOwnClients, readClients } from './router-clients.ts';
import { infoNumber, statPage } from './router-haproxy.ts';
import type { Sides } from './router-pages.ts';
import { sidesOf } from './router-pages.ts';
import type { Sampled } from './samples.ts';

export interface RouterSample {
  /** Changes with the process where it says so. */
  readonly pid: string | undefined;
  /** Epoch seconds, to about a second. */
  readonly startedS: number | undefined;
  readonly counted: Readonly<Record<string, Sides>>;
  /** By pool, or by arm; null where the file names no tables. */
  readonly clients: Readonly<Record<string, ClientsOrReason>> | null;
}

interface Page {
  readonly page: Exposition;
  readonly pid?: string;
  readonly startedS: number | undefined;
}

export async function sampleRouter(spec: RouterMetricsSpec, from: RouterCounters): Promise<Sampled<RouterSample>> {
  try {
    const [{ page, pid, startedS }, clients] = await Promise.all([readPage(spec, from), clientsOf(spec, from)]);
    const counted = Object.entries(spec.define).flatMap(([name, metric]) =>
      isClients(metric) ? [] : [[name, sidesOf(from, metric, page)] as const],
    );
    return { pid, startedS, counted: Object.fromEntries(counted), clients };
  } catch (error) {
    return { failed: `cannot be read: ${error instanceof Error ? error.message || error.name : String(error)}` };
  }
}

export const isClients = (metric: RouterMetric): metric is { readonly clients: 'failed' } => 'clients' in metric;

async function clientsOf(spec: RouterMetricsSpec, from: RouterCounters): Promise<RouterSample['clients']> {
  if (!Object.values(spec.define).some(isClients)) return null;
  if (from.kind === 'embedded') return parseOwnClients(await textAt(spec, new URL('/clients', from.at).href));
  if (from.kind !== 'haproxy' || from.clients === undefined) return null;
  const { a, b } = from.clients;
  return { a: await readClients(from.at, a), b: await readClients(from.at, b) };
}

async function readPage(spec: RouterMetricsSpec, from: RouterCounters): Promise<Page> {
  if (from.kind === 'haproxy' && !/^https?:/.test(from.at)) return readSocket(from.at);
  const page = parseExposition(await textAt(spec, from.at));
  const value = (name: string): number | undefined => page.samples.get(name)?.[0]?.value;
  const uptimeS = value('envoy_server_uptime');
  const startedS = value('haproxy_process_start_time_seconds') ?? value('process_start_time_seconds');
  return { page, startedS: startedS ?? (uptimeS === undefined ? undefined : Date.now() / 1_000 - uptimeS) };
}

async function readSocket(socket: string): Promise<Page> {
  return withCli(socket, {}, async (cli) => {
    const [info = '', stat = ''] = [await cli.ask('show info'), await cli.ask('show stat -1 2 -1')];
    const pid = infoNumber(info, 'Pid');
    const uptimeS = infoNumber(info, 'Uptime_sec');
    return { page: statPage(stat), pid: String(pid), startedS: Date.now() / 1_000 - uptimeS };
  });
}

async function textAt({ intervalMs }: RouterMetricsSpec, url: string): Promise<string> {
  const at = placeOf(url);
  if (at === null) throw new Error('its URL is no http URL');
  const answer = await askServer(at.server, {
    path: at.path,
    headers: { accept: 'text/plain;version=0.0.4' },
    timeoutMs: Math.min(5_000, Math.max(1_000, intervalMs)),
  });
  if (answer.status !== 200) throw new Error(`its page answered status ${answer.status}`);
  return answer.body;
}
