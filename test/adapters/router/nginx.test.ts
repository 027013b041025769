import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { adminClient } from '../../../src/adapters/router/admin-client.ts';
import { nginxLuaRouter } from '../../../src/adapters/router/nginx.ts';
import { canonical } from '../../../src/domain/route.ts';
import { Nginx } from '../../support/nginx.ts';
import { smallDisk } from '../../support/small-disk.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

process.env.GRAY_NGINX_TOKEN = 'right';
process.env.GRAY_NGINX_WRONG_TOKEN = 'wrong';

const answered = z.strictObject({ a: z.int(), b: z.int() });

async function nginxBench(): Promise<RouterBench> {
  const [servers, disk] = await Promise.all([startServers(), smallDisk()]);
  const tokenEnv = 'GRAY_NGINX_TOKEN';
  const nginx = await Nginx.start({ servers: servers.specs, stateDir: disk.dir, tokenEnv });
  const { spec } = nginx;
  const bench = httpBench(servers, { public: spec.entrance, probe: spec.probe });
  const connect = (token = tokenEnv) =>
    nginxLuaRouter({ ...spec, tokenEnv: token }, { target: 'contract', servers: servers.specs });
  return {
    ...bench,
    connect: () => connect(),
    restart: async () => {
      await nginx.restart();
      bench.reset();
    },
    drift: async (edit) => {
      const kept = JSON.parse(await readFile(nginx.stateFile, 'utf8'));
      const route = edit(JSON.parse(kept.text));
      await writeFile(nginx.stateFile, JSON.stringify({ canonical: canonical(route), text: JSON.stringify(route) }));
      await nginx.restart();
      bench.reset();
    },
    counted: () => adminClient(spec)({ method: 'GET', path: '/answered' }, answered),
    stranger: () => connect('GRAY_NGINX_WRONG_TOKEN'),
    fillDisk: () => disk.fill(),
    end: async () => {
      await nginx.end();
      await bench.end();
      await disk.end();
    },
  };
}

routerContract('nginx', nginxBench, { also: ['counters', 'credentials', 'full disk'] });
