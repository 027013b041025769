/**
 * Distinct clients, from HAProxy's stick tables: an entry counts the requests of one client and, in gpc0, those that
 * failed. A client whose counter moved in the interval was there; one that moved twice is still one client.
 */
import type { Arm } from '../../domain/server.ts';
import { withCli } from '../router/haproxy/cli.ts';
import type { Series } from './exposition-counters.ts';

export interface Clients {
  readonly requests: Series;
  readonly failed: Series;
}

export type ClientsOrReason = Clients | { readonly unusable: string };

export const readClients = async (socket: string, table: string): Promise<ClientsOrReason> =>
  withCli(socket, {}, async (cli) => parseClients(table, await cli.ask(`show table ${table}`)));

/** By arm, as the embedded router tells them on /clients. */
export function parseOwnClients(text: string): Readonly<Record<Arm, ClientsOrReason>> {
  const [head = '', ...lines] = text.split('\n');
  const [, state] = /^# clients (full|complete) \d+$/.exec(head) ?? [];
  const reason = state === undefined ? 'the router tells no clients' : 'the table of clients of the router is full';
  if (state !== 'complete') return { gray: { unusable: reason }, stable: { unusable: reason } };
  const rows = lines.map((line) => line.split(' '));
  const of = (arm: Arm): Clients => {
    const own = rows.filter(([side]) => side === arm);
    return {
      requests: new Map(own.map(([, client = '', requests]) => [client, Number(requests)])),
      failed: new Map(own.map(([, client = '', , failed]) => [client, Number(failed)])),
    };
  };
  return { gray: of('gray'), stable: of('stable') };
}

/** A full table forgets clients, so what it says of an interval is too low. */
export function parseClients(table: string, text: string): ClientsOrReason {
  const [, size, used] = /^# table: .*size:(\d+), used:(\d+)/m.exec(text) ?? [];
  if (size === undefined || used === undefined) return { unusable: `HAProxy has no stick table ${table}` };
  if (Number(used) >= Number(size)) return { unusable: `stick table ${table} is full with ${size} clients` };
  const requests = new Map<string, number>();
  const failed = new Map<string, number>();
  for (const line of text.split('\n').slice(1)) {
    const [, key] = / key=(\S+) use=/.exec(line) ?? [];
    if (key === undefined) continue;
    const [of, bad] = [countIn(line, 'http_req_cnt'), countIn(line, 'gpc0')];
    if (of === null || bad === null) return { unusable: `stick table ${table} does not store http_req_cnt and gpc0` };
    requests.set(key, of);
    failed.set(key, bad);
  }
  return { requests, failed };
}

function countIn(line: string, name: string): number | null {
  const [, value] = new RegExp(` ${name}=(\\d+)`).exec(line) ?? [];
  return value === undefined ? null : Number(value);
}

/** Clients whose counter moved between two samples; one that was forgotten and came back began at zero. */
export function moved(before: Series, after: Series, fresh: boolean): number {
  let count = 0;
  for (const [client, value] of after) {
    const known = fresh ? 0 : (before.get(client) ?? 0);
    if (value > 0 && value !== known) count += 1;
  }
  return count;
}
