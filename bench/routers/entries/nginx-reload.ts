import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { masterOf } from '../../../src/adapters/router/nginx/reload/process.ts';
import { runningGeneration } from '../../../src/adapters/router/nginx/reload/running.ts';
import { includeFor } from '../../../src/adapters/router/nginx/reload/site.ts';
import { nginxReloadAbilities, nginxReloadRouter } from '../../../src/adapters/router/nginx.ts';
import { NginxReload } from '../../../test/support/nginx-reload.ts';
import type { RouterEntry } from '../entry.ts';

export const nginxReload: RouterEntry = {
  name: 'nginx-reload',
  page: 'nginx',
  abilities: nginxReloadAbilities,
  program: ['nginx'],
  note: 'each change is a reload; loses kept connections that are idle',
  start: async (servers) => {
    const context = { target: 'contract', servers };
    const started = await NginxReload.start({ servers });
    return {
      connect: () => nginxReloadRouter(started.spec, context),
      entrance: started.spec.entrance,
      bare: (route) => change(started, includeFor({ spec: started.spec, context }, route)),
      end: () => started.end(),
    };
  },
};

type Text = ReturnType<typeof includeFor>;

/** File, test, reload, until a request shows that it is the one that runs: before that nothing has changed. */
async function change({ spec }: NginxReload, { generation, text }: Text): Promise<void> {
  const file = await open(`${spec.include}.new`, 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(`${spec.include}.new`, spec.include);
  const directory = await open(dirname(spec.include));
  await directory.sync();
  await directory.close();
  const [program = '', ...args] = spec.program;
  await execa(program, [...args, '-t', '-q', '-c', spec.config]);
  process.kill((await masterOf(spec.pid)).pid, 'SIGHUP');
  while ((await runningGeneration(spec)) !== generation) await sleep(5);
}
