import type { ServerSpec } from '../domain/server.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { isBaseUrl } from './net.ts';

type Servers = readonly ServerSpec[];

/** The parts that a file and a resolved spec share. */
interface Inventory {
  readonly servers?: Servers | undefined;
  readonly metrics?: { readonly kind: string } | undefined;
  readonly leveling?: { readonly batch: unknown; readonly byZone?: boolean } | undefined;
  readonly capacity?: { readonly minServing?: unknown } | undefined;
}

export function serverChecks({ servers, metrics, leveling, capacity }: Inventory): Finding[] {
  if (servers === undefined) return [];
  return [
    ...repeated(servers, 'id', (server) => server.id),
    ...repeated(servers, 'address', ({ address }) => `${address.host} ${address.port}`),
    ...bothSides(servers),
    ...(metrics?.kind === 'exposition' ? metricsUrls(servers) : []),
    ...(typeof leveling?.batch === 'number' ? batchFits(servers, leveling.batch) : []),
    ...(leveling?.byZone === true ? zonesKnown(servers) : []),
    ...(typeof capacity?.minServing === 'number' ? floorFits(servers, capacity.minServing) : []),
  ];
}

function repeated(servers: Servers, key: 'id' | 'address', of: (server: Servers[number]) => string): Finding[] {
  const first = new Map<string, string>();
  return servers.flatMap((server, index) => {
    const value = of(server);
    const other = first.get(value);
    if (other === undefined) first.set(value, `servers[${index}]`);
    return other === undefined ? [] : [finding(['servers', index, key], `the same ${key} as ${other}`)];
  });
}

function bothSides(servers: Servers): Finding[] {
  const gray = servers.some((server) => server.gray);
  const stable = servers.some((server) => !server.gray && !server.spare);
  return [
    ...(gray ? [] : [finding(['servers'], 'expected at least one server with gray: true, found none')]),
    ...(stable
      ? []
      : [finding(['servers'], 'expected at least one server that is neither gray nor spare, found none')]),
  ];
}

const metricsUrls = (servers: Servers): Finding[] =>
  servers.flatMap(({ metrics }, index) =>
    metrics === undefined || isBaseUrl(metrics)
      ? []
      : [finding(['servers', index, 'metrics'], "expected an http:// or https:// URL of the server's metrics page")],
  );

function batchFits(servers: Servers, batch: number): Finding[] {
  const others = servers.filter((server) => !server.gray).length;
  if (batch <= others) return [];
  return [finding(['leveling', 'batch'], `expected at most ${others}, the servers that are not gray, found ${batch}`)];
}

/** A server in no zone could fall together with any other. */
const zonesKnown = (servers: Servers): Finding[] =>
  servers.flatMap(({ gray, zone }, index) =>
    gray || zone !== undefined
      ? []
      : [finding(['servers', index, 'zone'], 'missing; leveling.byZone takes one zone at a time')],
  );

/** Gray servers leave to be changed, so what never leaves is less than all. */
function floorFits(servers: Servers, floor: number): Finding[] {
  const normal = servers.filter((server) => !server.spare).length;
  if (floor <= normal) return [];
  return [
    finding(['capacity', 'minServing'], `expected at most ${normal}, the servers of normal operation, found ${floor}`),
  ];
}
