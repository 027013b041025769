import { join } from 'node:path';
import { type Cli, withCli } from '../../../src/adapters/router/haproxy/cli.ts';
import { entriesOf } from '../../../src/adapters/router/haproxy/map.ts';
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import { Haproxy } from '../../support/haproxy.ts';
import { smallDisk } from '../../support/small-disk.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

async function haproxyBench(): Promise<RouterBench> {
  const [servers, disk] = await Promise.all([startServers(), smallDisk()]);
  const guests = join(disk.dir, 'guest.sock');
  const haproxy = await Haproxy.start({
    servers: servers.specs,
    parent: disk.dir,
    edit: (config) => config.replace('global\n', `global\n  stats socket ${guests} mode 600 level operator\n`),
  });
  const { spec, instance, target } = haproxy;
  const bench = httpBench(servers, { public: haproxy.entrance, probe: instance.probe });
  const connect = (socket = instance.socket) =>
    haproxyRouter({ ...spec, instances: [{ ...instance, socket }] }, { target, servers: servers.specs });
  return {
    ...bench,
    connect: () => connect(),
    restart: async () => {
      await haproxy.restart();
      bench.reset();
    },
    drift: async (edit) => {
      const { route } = await connect().read();
      const [config] = entriesOf(edit(route));
      await withCli(instance.socket, {}, (cli) => cli.tell(`set map ${instance.map} ${config?.key} ${config?.value}`));
    },
    counted: () =>
      withCli(instance.socket, {}, async (cli) => ({
        a: await answeredBy(cli, instance.backends.a),
        b: await answeredBy(cli, instance.backends.b),
      })),
    stranger: () => connect(guests),
    fillDisk: () => disk.fill(),
    end: async () => {
      await haproxy.end();
      await bench.end();
      await disk.end();
    },
  };
}

async function answeredBy(cli: Pick<Cli, 'ask'>, backend: string): Promise<number> {
  const [header = '', row = ''] = (await cli.ask(`show stat ${backend} 2 -1`)).split('\n');
  return Number(row.split(',')[header.split(',').indexOf('hrsp_2xx')]);
}

routerContract('haproxy', haproxyBench, { also: ['counters', 'credentials', 'full disk'] });
