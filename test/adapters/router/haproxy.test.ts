import { withCli } from '../../../src/adapters/router/haproxy/cli.ts';
import { entriesOf } from '../../../src/adapters/router/haproxy/map.ts';
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import { Haproxy } from '../../support/haproxy.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

async function haproxyBench(): Promise<RouterBench> {
  const servers = await startServers();
  const haproxy = await Haproxy.start({ servers: servers.specs });
  const bench = httpBench(servers, { public: haproxy.entrance, probe: haproxy.instance.probe });
  const connect = () => haproxyRouter(haproxy.spec, { target: haproxy.target, servers: servers.specs });
  return {
    ...bench,
    connect,
    restart: async () => {
      await haproxy.restart();
      bench.reset();
    },
    drift: async (edit) => {
      const { route } = await connect().read();
      const [config] = entriesOf(edit(route));
      await withCli(haproxy.instance.socket, {}, (cli) =>
        cli.tell(`set map ${haproxy.instance.map} ${config?.key} ${config?.value}`),
      );
    },
    end: async () => {
      await haproxy.end();
      await bench.end();
    },
  };
}

routerContract('haproxy', haproxyBench, { users: 400 });
