/** Clocks: ours against the Date header of every server and of the Temporal UI. A whole second is its finest step. */
import pMap from 'p-map';
import { placeOf } from '../adapters/base-url.ts';
import { askServer, type Reachable } from '../adapters/server-request.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type Finding, ok, warning } from './finding.ts';

/** More than this and intervals of a metric source no longer mean the same time here and there. */
const tolerableMs = 2_500;

export async function examineClocks(spec: ReleaseSpec, uiUrl: string | null): Promise<Finding[]> {
  const ui = uiUrl === null ? null : placeOf(uiUrl);
  const places: (readonly [string, Reachable, string])[] = [
    ...spec.servers.map((server) => [server.id, server, spec.version.get] as const),
    ...(ui === null ? [] : [['Temporal (its UI)', ui.server, ui.path] as const]),
  ];
  const offsets = await pMap(places, async ([name, server, path]) => [name, await offsetMs(server, path)] as const, {
    concurrency: 10,
  });
  const known = offsets.flatMap(([name, offset]) => (offset === null ? [] : [[name, offset] as const]));
  const off = known.filter(([, offset]) => Math.abs(offset) > tolerableMs);
  if (off.length > 0)
    return off.map(([name, offset]) => warning('clocks', ahead(name, offset), 'let NTP set the clocks'));
  return [ok('clocks', `${known.length} of ${places.length} tell the time, and it is ours`)];
}

const ahead = (name: string, offset: number): string =>
  `${name} is ${(Math.abs(offset) / 1000).toFixed(1)} s ${offset > 0 ? 'ahead' : 'behind'}`;

/** Their clock minus ours; null where the answer has no date. */
async function offsetMs(server: Reachable, path: string): Promise<number | null> {
  const before = Date.now();
  try {
    const { headers } = await askServer(server, { path, timeoutMs: 2_000, maxBytes: 1024 * 1024 });
    const theirs = Date.parse(headers.date ?? '');
    // The header was cut to the second, and written somewhere between asking and now.
    return Number.isNaN(theirs) ? null : theirs + 500 - (before + Date.now()) / 2;
  } catch {
    return null;
  }
}
