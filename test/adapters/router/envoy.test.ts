import { readFile } from 'node:fs/promises';
import { generationIn } from '../../../src/adapters/router/envoy/drift.ts';
import { filesIn } from '../../../src/adapters/router/envoy/names.ts';
import { routeText, serversText } from '../../../src/adapters/router/envoy/resources.ts';
import { routeOf, runningGeneration } from '../../../src/adapters/router/envoy/running.ts';
import { envoyRouter } from '../../../src/adapters/router/envoy.ts';
import { Envoy } from '../../support/envoy.ts';
import { eventually } from '../../support/processes.ts';
import { smallDisk } from '../../support/small-disk.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

async function envoyBench(): Promise<RouterBench> {
  const [servers, disk] = await Promise.all([startServers(), smallDisk()]);
  const envoy = await Envoy.start({ servers: servers.specs, stateDir: disk.dir });
  const { spec } = envoy;
  const context = { target: 'contract', servers: servers.specs };
  const bench = httpBench(servers, { public: spec.entrance, probe: spec.probe });
  return {
    ...bench,
    connect: () => envoyRouter(spec, context),
    restart: async () => {
      await envoy.restart();
      bench.reset();
    },
    // By the generation that was written, and other rules: what a person's editor leaves behind.
    drift: async (edit) => {
      const kept = generationIn(await readFile(filesIn(spec.dir).route, 'utf8'));
      const order = { ...context, identity: spec.identity };
      const route = edit(await routeOf({ spec, context }, kept));
      for (const pool of ['a', 'b'] as const) {
        await envoy.replace(`servers-${pool}.json`, serversText(route.servers, order, pool));
      }
      await envoy.replace('route.json', routeText(route, order, kept));
      await eventually(async () => (await runningGeneration(spec)) === kept);
    },
    fillDisk: () => disk.fill(),
    end: async () => {
      await envoy.end();
      await bench.end();
      await disk.end();
    },
  };
}

routerContract('envoy', envoyBench, { also: ['full disk'] });
