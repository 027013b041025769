import { readFile, writeFile } from 'node:fs/promises';
import { caddyRouter } from '../../../src/adapters/router/caddy.ts';
import { Caddy } from '../../support/caddy.ts';
import { freePorts } from '../../support/ports.ts';
import { smallDisk } from '../../support/small-disk.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

process.env.GRAY_CADDY_TOKEN = 'right';
process.env.GRAY_CADDY_WRONG_TOKEN = 'wrong';

async function caddyBench(): Promise<RouterBench> {
  const [servers, disk, [port = 0]] = await Promise.all([startServers(), smallDisk(), freePorts(1)]);
  const admin = { port, tokenEnv: 'GRAY_CADDY_TOKEN' };
  const caddy = await Caddy.start({ servers: servers.specs, stateDir: disk.dir, admin });
  const { spec } = caddy;
  const bench = httpBench(servers, { public: spec.entrance, probe: spec.probe });
  const connect = (tokenEnv = admin.tokenEnv) =>
    caddyRouter({ ...spec, tokenEnv }, { target: 'contract', servers: servers.specs });
  return {
    ...bench,
    connect: () => connect(),
    restart: async () => {
      await caddy.restart();
      bench.reset();
    },
    drift: async (edit) => {
      await caddy.killDecider();
      const state = JSON.parse(await readFile(caddy.stateFile, 'utf8'));
      await writeFile(caddy.stateFile, JSON.stringify({ ...state, route: edit(state.route) }));
      await caddy.startDecider();
    },
    stranger: () => connect('GRAY_CADDY_WRONG_TOKEN'),
    fillDisk: () => disk.fill(),
    end: async () => {
      await caddy.end();
      await bench.end();
      await disk.end();
    },
  };
}

routerContract('caddy', caddyBench, { also: ['credentials', 'full disk'] });
