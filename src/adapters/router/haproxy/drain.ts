/** Closes the sessions of servers that were drained in vain. */
import { staleFence } from '../../../domain/errors.ts';
import type { Site } from './apply.ts';
import { withCli } from './cli.ts';
import { highestTicket } from './fence.ts';
import { look, nameIn, pools } from './look.ts';
import { rowOf } from './state-file.ts';
import { beWriter } from './writer.ts';

/** Sessions closed per server id. Throws `staleFence` when the fence is no longer `fence`. */
export async function closeSessionsAt(
  site: Site,
  servers: readonly string[],
  fence: number,
): Promise<Record<string, number>> {
  const { instance, context, onStep } = site;
  const ticket = await highestTicket(instance.map);
  return withCli(instance.socket, { onStep }, async (cli) => {
    if (ticket !== null) await beWriter(cli, ticket, onStep);
    const held = await look(cli, instance, context);
    const seen = Math.max(held.route.fence, ticket?.fence ?? 0);
    if (seen !== fence) throw staleFence(fence, seen, instance.map);
    const wanted = context.servers.filter(({ id }) => servers.includes(id));
    const names = wanted.flatMap((server) =>
      pools.flatMap((pool) => {
        const name = nameIn(server, pool);
        return rowOf(held.rows, instance, pool, name) === undefined ? [] : [`${instance.backends[pool]}/${name}`];
      }),
    );
    await cli.tellAll(names.map((name) => `shutdown sessions server ${name}`));
    const counts = wanted.map(({ id }): [string, number] => [id, held.traffic[id]?.openSessions ?? 0]);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  });
}
