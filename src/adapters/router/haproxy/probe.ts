/** One request through the probe entrance: the same rules as the public one, and response headers that tell the pool. */
import type { VersionProbe } from '../../../domain/artifact.ts';
import { GrayError } from '../../../domain/errors.ts';
import type { IdentitySpec } from '../../../domain/spec.ts';
import { joinPath, placeOf } from '../../base-url.ts';
import { askServer, type ServerAnswer } from '../../server-request.ts';
import { isUnreachable, versionIn } from '../../version-probe.ts';
import type { ProbeAnswer, ProbeAttributes } from '../confirmation.ts';
import { probeHeaders } from '../identity-headers.ts';

/** A confirmation asks several users within one route step. */
const probeTimeoutMs = 2_000;

export interface ProbeOrder {
  /** Base URL of the probe entrance. */
  readonly probe: string;
  readonly identity: IdentitySpec;
  readonly version: VersionProbe;
}

export async function askProbe(
  order: ProbeOrder,
  user: string | null,
  attributes: ProbeAttributes = {},
): Promise<ProbeAnswer> {
  try {
    return answerOf(await askEntrance(order, { user, attributes }), order.version);
  } catch (error) {
    return { pool: null, version: null, error: error instanceof Error ? error.message : String(error) };
  }
}

interface Asker {
  readonly user: string | null;
  readonly attributes?: ProbeAttributes;
}

export function askEntrance(
  { probe, identity, version }: ProbeOrder,
  { user, attributes = {} }: Asker,
  timeoutMs = probeTimeoutMs,
): Promise<ServerAnswer> {
  const place = placeOf(probe);
  if (place === null) throw new GrayError('routerRefused', 'the probe entrance is not an http URL');
  const headers = probeHeaders(identity, user, attributes);
  return askServer(place.server, { path: joinPath(place.path, version.get), headers, timeoutMs });
}

function answerOf({ status, headers, body }: ServerAnswer, version: VersionProbe): ProbeAnswer {
  const pool = headers['x-gray-pool'];
  if (pool !== 'a' && pool !== 'b') return { pool: null, version: null, error: `status ${status} without x-gray-pool` };
  const running = versionIn(body, version);
  if (status !== 200) return { pool, version: null, error: `status ${status}` };
  return { pool, version: isUnreachable(running) ? null : running.version };
}
