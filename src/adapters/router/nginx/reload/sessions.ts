/**
 * Open requests by their connections: nginx without `keepalive` has one to a server for each request, in workers of
 * every generation alike, and the kernel of this host lists them.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import pMap from 'p-map';
import type { ServerTraffic } from '../../../../domain/route.ts';
import type { ServerSpec } from '../../../../domain/server.ts';
import { type Master, userIdsOf } from './process.ts';

export async function trafficOf(
  master: Master,
  servers: readonly ServerSpec[],
): Promise<Record<string, ServerTraffic>> {
  const open = await openByAddress(master);
  const seen = await pMap(
    servers,
    async ({ id, address }): Promise<[string, ServerTraffic]> => [
      id,
      { up: await accepts(address), openSessions: open.get(hexOf(address)) ?? 0 },
    ],
    { concurrency: 64 },
  );
  return Object.fromEntries(seen);
}

async function openByAddress(master: Master): Promise<Map<string, number>> {
  const users = await userIdsOf(master);
  const counts = new Map<string, number>();
  // The kernel gives a page at a time: a busy host has a thousand of them, and each would wait for its turn.
  const table = readFileSync(`/proc/${master.pid}/net/tcp`, 'latin1');
  for (const [, remote = '', user] of table.matchAll(openConnection)) {
    if (users.has(Number(user))) counts.set(remote, (counts.get(remote) ?? 0) + 1);
  }
  return counts;
}

/** A row that is established or on its way there. A busy host has many thousand others, which are passed over quickly. */
const openConnection = /: [\dA-F]{8}:[\dA-F]{4} ([\dA-F]{8}:[\dA-F]{4}) 0[12] \S+ \S+ \S+ +(\d+)/g;

/** As /proc/net/tcp writes an IPv4 address: the bytes backwards. */
const hexOf = ({ host, port }: ServerSpec['address']): string =>
  `${host.split('.').reverse().map(hexByte).join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`;

const hexByte = (byte: string): string => Number(byte).toString(16).toUpperCase().padStart(2, '0');

/** nginx tells of no server whether it is up; whoever takes connections is asked by it. */
const accepts = ({ host, port }: ServerSpec['address']): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const answer = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .once('timeout', () => answer(false));
  });
