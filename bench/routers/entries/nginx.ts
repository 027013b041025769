import { nginxAbilities, nginxRouter } from '../../../src/adapters/router/nginx.ts';
import { canonical } from '../../../src/domain/route.ts';
import { http } from '../../../test/support/http.ts';
import { Nginx } from '../../../test/support/nginx.ts';
import type { RouterEntry } from '../entry.ts';

const tokenEnv = 'GRAY_BENCH_NGINX_TOKEN';

export const nginx: RouterEntry = {
  name: 'nginx',
  page: null,
  abilities: nginxAbilities,
  program: ['nginx'],
  note: 'with the Lua module; no reload',
  start: async (servers) => {
    process.env[tokenEnv] = 'bench';
    const started = await Nginx.start({ servers, tokenEnv });
    const { spec } = started;
    return {
      connect: () => nginxRouter(spec, { target: 'contract', servers }),
      entrance: spec.entrance,
      // The one call that changes nginx: dictionary and file at once.
      bare: async (route) => {
        const body = JSON.stringify({ canonical: canonical(route), text: JSON.stringify(route) });
        const headers = { authorization: 'Bearer bench' };
        const answer = await http(`${spec.admin}/route`, { method: 'PUT', headers, body });
        if (answer.status !== 200) throw new Error(answer.body);
      },
      end: () => started.end(),
    };
  },
};
