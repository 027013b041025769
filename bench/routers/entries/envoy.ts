import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningGeneration } from '../../../src/adapters/router/envoy/running.ts';
import { filesOf, generationAt, routeFile } from '../../../src/adapters/router/envoy/site.ts';
import { envoyAbilities, envoyRouter } from '../../../src/adapters/router/envoy.ts';
import { provision } from '../../../src/provision/provision.ts';
import { Envoy } from '../../../test/support/envoy.ts';
import { envoyProgram } from '../../../test/support/envoy-program.ts';
import type { RouterEntry } from '../entry.ts';

export const envoy: RouterEntry = {
  name: 'envoy',
  page: 'envoy',
  abilities: envoyAbilities,
  // Fetched below where it is not there.
  program: null,
  start: async (servers) => {
    process.env[envoyProgram.variable] ??= (await provision(envoyProgram, { log: console.log, env: process.env })).path;
    const started = await Envoy.start({ servers });
    const { spec } = started;
    const site = { spec, context: { target: 'contract', servers } };
    return {
      connect: () => envoyRouter(spec, site.context),
      entrance: spec.entrance,
      // One file, until a request shows that it is the one that runs.
      bare: async (route) => {
        await replace(filesOf(site).route, routeFile(site, route));
        while ((await runningGeneration(spec)) !== generationAt(site, route)) await sleep(5);
      },
      end: () => started.end(),
    };
  },
};

async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
  const directory = await open(dirname(path));
  await directory.sync();
  await directory.close();
}
