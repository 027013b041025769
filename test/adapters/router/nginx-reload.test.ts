import { writeFile } from 'node:fs/promises';
import { generationIn, routeOf } from '../../../src/adapters/router/nginx/reload/routes.ts';
import { includeFor } from '../../../src/adapters/router/nginx/reload/site.ts';
import { nginxReloadRouter } from '../../../src/adapters/router/nginx.ts';
import { NginxReload } from '../../support/nginx-reload.ts';
import { smallDisk } from '../../support/small-disk.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

async function nginxReloadBench(): Promise<RouterBench> {
  const [servers, disk] = await Promise.all([startServers(), smallDisk()]);
  const nginx = await NginxReload.start({ servers: servers.specs, stateDir: disk.dir });
  const { spec } = nginx;
  const context = { target: 'contract', servers: servers.specs };
  const bench = httpBench(servers, { public: spec.entrance, probe: spec.probe });
  return {
    ...bench,
    connect: () => nginxReloadRouter(spec, context),
    restart: async () => {
      await nginx.restart();
      bench.reset();
    },
    // By the generation that was written, and other rules: what a person's editor leaves behind.
    drift: async (edit) => {
      const kept = generationIn(await nginx.included());
      const route = edit(await routeOf(spec.include, kept, context));
      const { generation, text } = includeFor({ spec, context }, route);
      await writeFile(spec.include, text.replace(generation, kept));
      await nginx.restart();
      bench.reset();
    },
    fillDisk: () => disk.fill(),
    end: async () => {
      await nginx.end();
      await bench.end();
      await disk.end();
    },
  };
}

// A reload waits a tenth of a second by itself, so fewer of them; `npm run bench:routers` makes fifty.
routerContract('nginx (reload)', nginxReloadBench, { changes: 8, also: ['full disk'] });
