/** Names in Envoy's configuration, and the files that a release writes. */
import { join } from 'node:path';
import type { PoolName } from '../../../domain/server.ts';

/** The cluster that serves the users of a pool: its servers first, those of the other pool while none of them serves. */
export const clusterOf = (target: string, pool: PoolName): string => `${target.replace(/[^A-Za-z0-9_]/g, '_')}_${pool}`;

export interface EnvoyFiles {
  /** Who goes where: the route configuration, one resource. */
  readonly route: string;
  /** The servers of each cluster. */
  readonly servers: Readonly<Record<PoolName, string>>;
}

export const filesIn = (dir: string): EnvoyFiles => ({
  route: join(dir, 'route.json'),
  servers: { a: join(dir, 'servers-a.json'), b: join(dir, 'servers-b.json') },
});

/** Answered by `gray.lua` at the probe entrance. */
export const generationPath = '/.gray-release/generation';
