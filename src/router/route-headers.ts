/** What an answer may tell of its way. */
import type { DesiredRoute } from '../domain/route.ts';
import type { Arm, PoolName } from '../domain/server.ts';

export interface Way {
  /** As assigned, whoever answered. */
  readonly arm: Arm;
  /** The pool that answered. */
  readonly pool: PoolName;
  readonly server: string;
}

export const routeHeaders = ({ fence, period }: DesiredRoute, { arm, pool, server }: Way): Record<string, string> => ({
  'x-gray-arm': arm,
  'x-gray-pool': pool,
  'x-gray-server': server,
  'x-gray-fence': String(fence),
  'x-gray-period': period,
});
