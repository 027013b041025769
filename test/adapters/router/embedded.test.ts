import { readFile, writeFile } from 'node:fs/promises';
import { embeddedRouter } from '../../../src/adapters/router/embedded.ts';
import { configured, startRouterProcess } from '../../support/router-process.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

async function embeddedBench(): Promise<RouterBench> {
  const servers = await startServers();
  const router = await startRouterProcess(configured(servers.specs));
  const bench = httpBench(servers, { public: router.spec.entrance, probe: router.spec.probe });
  const restart = async () => {
    await router.restart();
    bench.reset();
  };
  return {
    ...bench,
    connect: () => embeddedRouter(router.spec, { target: 'contract', servers: servers.specs }),
    restart,
    // By hand, past the fence: the state file edited while the router is down.
    drift: async (edit) => {
      await router.current().kill('SIGKILL');
      const state = JSON.parse(await readFile(router.config.stateFile, 'utf8'));
      await writeFile(router.config.stateFile, JSON.stringify({ ...state, route: edit(state.route) }));
      await restart();
    },
    end: async () => {
      await router.end();
      await bench.end();
    },
  };
}

routerContract('embedded', embeddedBench);
