import type { ServerSpec } from '../domain/server.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { isBaseUrl } from './net.ts';

type Servers = readonly ServerSpec[];

/** The parts that a file and a resolved spec share. */
interface Inventory {
  readonly servers?: Servers | undefined;
  readonly metrics?: { readonly kind: string } | undefined;
  readonly leveling?: { readonly batch: unknown } | undefined;
}

export function serverChecks({ servers, metrics, leveling }: Inventory): Finding[] {
  if (servers === undefined) return [];
  return [
    ...repeated(servers, 'id', (server) => server.id),
    ...repeated(servers, 'address', ({ address }) => `${address.host} ${address.port}`),
    ...bothSides(servers),
    ...(metrics?.kind === 'exposition' ? metricsUrls(servers) : []),
    ...(typeof leveling?.batch === 'number' ? batchFits(servers, leveling.batch) : []),
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
