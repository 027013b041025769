/** The whole contract over two embedded routers; users and faults come to either of them in turn. */
import { editRoute } from '../../support/router-process.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { startTwoRouters } from '../../support/two-routers.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';
import { httpBench, startServers } from './http-bench.ts';

async function severalBench(): Promise<RouterBench> {
  const [servers, disk] = await Promise.all([startServers(), smallDisk()]);
  const routers = await startTwoRouters(servers.specs, { stateDir: disk.dir });
  const { edge, inner } = routers;
  const benches = [edge, inner].map(({ spec }) => httpBench(servers, { public: spec.entrance, probe: spec.probe }));
  const [first, second] = benches;
  if (first === undefined || second === undefined) throw new Error('two benches were made');
  let turn = 0;
  const next = () => (turn++ % 2 === 0 ? first : second);
  const reset = () => {
    for (const bench of benches) bench.reset();
  };
  return {
    ...first,
    connect: () => routers.connect(),
    each: () => [routers.one('edge'), routers.one('inner')],
    request: (...asked) => next().request(...asked),
    open: (user) => next().open(user),
    stream: (user) => next().stream(user),
    restart: async () => {
      await Promise.all([edge.restart(), inner.restart()]);
      reset();
    },
    drift: async (edit) => {
      await editRoute(inner, edit);
      reset();
    },
    fillDisk: () => disk.fill(),
    end: async () => {
      await routers.end();
      reset();
      await first.end();
      await disk.end();
    },
  };
}

routerContract('several', severalBench, { also: ['full disk'] });
