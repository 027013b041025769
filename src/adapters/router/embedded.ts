/** The project's own router process, over its admin side and its probe entrance; see src/router. */
import type { VersionProbe } from '../../domain/artifact.ts';
import type { PoolName } from '../../domain/server.ts';
import type { EmbeddedRouterSpec } from '../../domain/spec.ts';
import { askServer } from '../server-request.ts';
import { isUnreachable, versionIn } from '../version-probe.ts';
import { adminClient } from './admin-client.ts';
import { type AskProbe, confirmRoute, type ProbeAnswer } from './confirmation.ts';
import { drainServers } from './draining.ts';
import { probeHeaders } from './identity-headers.ts';
import type { Router, RouterAbilities, RouterContext } from './port.ts';
import { closedSchema, routeStateSchema } from './route-schema.ts';

export const embeddedAbilities: RouterAbilities = {
  kind: 'embedded',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  dropsOnChange: false,
  survivesRestart: true,
  closesSessions: true,
};

/** From the probe to the whole answer. */
const probeTimeoutMs = 2_000;

export function embeddedRouter(spec: EmbeddedRouterSpec, _context: RouterContext): Router {
  const call = adminClient(spec);
  const read = () => call({ method: 'GET', path: '/route' }, routeStateSchema);
  const close = async (servers: readonly string[], fence: number) => {
    const order = { method: 'POST', path: '/sessions/close', content: { servers, fence } } as const;
    return (await call(order, closedSchema)).closed;
  };
  return {
    abilities: embeddedAbilities,
    read,
    apply: (desired) => call({ method: 'PUT', path: '/route', content: desired }, routeStateSchema),
    confirm: (request) => confirmRoute(request, { read }, (...who) => askProbe(spec, request.version, ...who)),
    drain: (request) => drainServers(request, { read, close }),
  };
}

async function askProbe(
  spec: EmbeddedRouterSpec,
  version: VersionProbe,
  ...who: Parameters<AskProbe>
): Promise<ProbeAnswer> {
  const { hostname: host, port } = new URL(spec.probe);
  const headers = probeHeaders(spec.identity, ...who);
  try {
    const order = { path: version.get, headers, timeoutMs: probeTimeoutMs };
    const answer = await askServer({ address: { host, port: Number(port || 80) } }, order);
    const pool = poolIn(answer.headers['x-gray-pool']);
    if (answer.status !== 200) return { pool, version: null, error: `${version.get} answered status ${answer.status}` };
    const running = versionIn(answer.body, version);
    return { pool, version: isUnreachable(running) ? null : running.version };
  } catch (error) {
    return { pool: null, version: null, error: error instanceof Error ? error.message : String(error) };
  }
}

const poolIn = (header: string | string[] | undefined): PoolName | null =>
  header === 'a' || header === 'b' ? header : null;
