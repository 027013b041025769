/** Requests that the pool of their arm could not serve, counted by HAProxy since its start. */
import type { Arm } from '../../../domain/server.ts';
import type { HaproxyRouterSpec } from '../../../domain/spec.ts';
import type { RouterContext } from '../port.ts';
import { withCli } from './cli.ts';
import { fallbackTable } from './names.ts';

/** Sum over all instances. The other pool has answered them; where no pool serves, HAProxy says 503. */
export async function haproxyFallbacks(
  { instances }: HaproxyRouterSpec,
  { target }: Pick<RouterContext, 'target'>,
): Promise<Record<Arm, number>> {
  const tables = await Promise.all(
    instances.map(({ socket }) => withCli(socket, {}, (cli) => cli.ask(`show table ${fallbackTable(target)}`))),
  );
  const count = (arm: Arm) =>
    tables.reduce(
      (sum, table) => sum + Number(new RegExp(`key=${arm} .*http_req_cnt=(\\d+)`).exec(table)?.[1] ?? 0),
      0,
    );
  return { gray: count('gray'), stable: count('stable') };
}
