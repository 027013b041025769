/** One request through the probe entrance: the same rules as the public one, and response headers that tell the pool. */
import type { VersionProbe } from '../../../domain/artifact.ts';
import { GrayError } from '../../../domain/errors.ts';
import type { IdentitySpec } from '../../../domain/spec.ts';
import { joinPath, placeOf } from '../../base-url.ts';
import { askServer, type ServerAnswer } from '../../server-request.ts';
import { isUnreachable, versionIn } from '../../version-probe.ts';
import type { ProbeAnswer } from '../confirmation.ts';

/** A confirmation asks several users within one route step. */
const probeTimeoutMs = 2_000;

export interface ProbeOrder {
  /** Base URL of the probe entrance. */
  readonly probe: string;
  readonly identity: IdentitySpec;
  readonly version: VersionProbe;
}

export async function askProbe(order: ProbeOrder, user: string | null): Promise<ProbeAnswer> {
  try {
    return answerOf(await askEntrance(order, user), order.version);
  } catch (error) {
    return { pool: null, version: null, error: error instanceof Error ? error.message : String(error) };
  }
}

export function askEntrance(
  { probe, identity, version }: ProbeOrder,
  user: string | null,
  timeoutMs = probeTimeoutMs,
): Promise<ServerAnswer> {
  const place = placeOf(probe);
  if (place === null) throw new GrayError('routerRefused', 'the probe entrance is not an http URL');
  const headers = user === null ? {} : identityHeaders(identity, user);
  return askServer(place.server, { path: joinPath(place.path, version.get), headers, timeoutMs });
}

function answerOf({ status, headers, body }: ServerAnswer, version: VersionProbe): ProbeAnswer {
  const pool = headers['x-gray-pool'];
  if (pool !== 'a' && pool !== 'b') return { pool: null, version: null, error: `status ${status} without x-gray-pool` };
  const running = versionIn(body, version);
  if (status !== 200) return { pool, version: null, error: `status ${status}` };
  return { pool, version: isUnreachable(running) ? null : running.version };
}

// Node writes header text as Latin-1; the bytes on the wire are to be UTF-8, as the hash sees them.
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function identityHeaders({ header, cookie }: IdentitySpec, user: string): Record<string, string> {
  if (header !== undefined) return { [header]: asBytes(user) };
  return cookie === undefined ? {} : { cookie: `${cookie}=${asBytes(user)}` };
}
