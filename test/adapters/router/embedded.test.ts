import { join } from 'node:path';
import { embeddedRouter } from '../../../src/adapters/router/embedded.ts';
import type { EmbeddedRouterSpec } from '../../../src/domain/spec.ts';
import { http } from '../../support/http.ts';
import { freePorts } from '../../support/ports.ts';
import { configured, editRoute, startRouterProcess } from '../../support/router-process.ts';
import { smallDisk } from '../../support/small-disk.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

process.env.GRAY_CONTRACT_TOKEN = 'right';
process.env.GRAY_CONTRACT_WRONG_TOKEN = 'wrong';

async function embeddedBench(): Promise<RouterBench> {
  const [servers, disk, [admin = 0, metrics = 0]] = await Promise.all([startServers(), smallDisk(), freePorts(2)]);
  const router = await startRouterProcess(configured(servers.specs), {
    admin: { port: admin, tokenEnv: 'GRAY_CONTRACT_TOKEN' },
    metrics: { port: metrics },
    stateFile: join(disk.dir, 'state.json'),
  });
  const spec = { ...router.spec, admin: `http://127.0.0.1:${admin}`, tokenEnv: 'GRAY_CONTRACT_TOKEN' };
  const bench = httpBench(servers, { public: spec.entrance, probe: spec.probe });
  const connect = (as: EmbeddedRouterSpec) => embeddedRouter(as, { target: 'contract', servers: servers.specs });
  const restart = async () => {
    await router.restart();
    bench.reset();
  };
  return {
    ...bench,
    connect: () => connect(spec),
    restart,
    drift: async (edit) => {
      await editRoute(router, edit);
      bench.reset();
    },
    counted: async () => countedIn((await http(`http://127.0.0.1:${metrics}/metrics`)).body),
    stranger: () => connect({ ...spec, tokenEnv: 'GRAY_CONTRACT_WRONG_TOKEN' }),
    fillDisk: () => disk.fill(),
    end: async () => {
      await router.end();
      await bench.end();
      await disk.end();
    },
  };
}

function countedIn(metrics: string): Record<'a' | 'b', number> {
  const of = (pool: string) =>
    [...metrics.matchAll(/^gray_router_requests_total\{pool="(\w+)".*\} (\d+)$/gm)]
      .filter(([, found]) => found === pool)
      .reduce((sum, [, , count]) => sum + Number(count), 0);
  return { a: of('a'), b: of('b') };
}

routerContract('embedded', embeddedBench, { also: ['counters', 'credentials', 'full disk'] });
