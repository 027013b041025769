import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withCli } from '../../../src/adapters/router/haproxy/cli.ts';
import { entriesOf, mapText } from '../../../src/adapters/router/haproxy/map.ts';
import { payloads } from '../../../src/adapters/router/haproxy/publish.ts';
import { haproxyAbilities, haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import { Haproxy } from '../../../test/support/haproxy.ts';
import type { RouterEntry } from '../entry.ts';

export const haproxy: RouterEntry = {
  name: 'haproxy',
  page: 'haproxy',
  abilities: haproxyAbilities,
  program: ['haproxy'],
  start: async (servers) => {
    const started = await Haproxy.start({ servers });
    return {
      connect: () => haproxyRouter(started.spec, { target: started.target, servers }),
      entrance: started.entrance,
      bare: (route) => transaction(started, route),
      end: () => started.end(),
    };
  },
};

/** File first, synced with its directory, then one map transaction. */
async function transaction({ instance: { map, socket } }: Haproxy, route: DesiredRoute): Promise<void> {
  const entries = entriesOf(route);
  const file = await open(`${map}.new`, 'w');
  await file.writeFile(mapText(entries));
  await file.sync();
  await file.close();
  await rename(`${map}.new`, map);
  const directory = await open(dirname(map));
  await directory.sync();
  await directory.close();
  await withCli(socket, {}, async (cli) => {
    const version = /New version created: (\d+)/.exec(await cli.ask(`prepare map ${map}`))?.[1];
    for (const payload of payloads(entries, map)) await cli.tell(`add map @${version} ${map} <<\n${payload}`);
    await cli.tell(`commit map @${version} ${map}`);
  });
}
