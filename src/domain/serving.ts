/** From the arm a request is assigned to, to the servers that may answer it. */
import type { DesiredRoute } from './route.ts';
import type { Arm, PoolName } from './server.ts';
import { otherPool } from './server.ts';
import { poolOf } from './split.ts';

export interface Serving {
  /** Null: no server of either pool serves. */
  readonly pool: PoolName | null;
  readonly servers: readonly string[];
  /** The arm's own pool serves nothing, so the other one answers: a failure of the assigned arm. */
  readonly fallback: boolean;
}

/** The serving servers of the pool of `arm`, or of the other pool where there are none. */
export function servingFor(route: DesiredRoute, arm: Arm, serves: (server: string) => boolean): Serving {
  const wanted = poolOf(route, arm);
  for (const pool of [wanted, otherPool(wanted)]) {
    const servers = serversIn(route, pool).filter(serves);
    if (servers.length > 0) return { pool, servers, fallback: pool !== wanted };
  }
  return { pool: null, servers: [], fallback: true };
}

export const serversIn = (route: DesiredRoute, pool: PoolName): string[] =>
  Object.keys(route.servers).filter((server) => route.servers[server] === pool);
