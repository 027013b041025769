import { nginxLuaAbilities, nginxLuaRouter } from '../../../src/adapters/router/nginx.ts';
import { canonical } from '../../../src/domain/route.ts';
import { http } from '../../../test/support/http.ts';
import { Nginx } from '../../../test/support/nginx.ts';
import type { RouterEntry } from '../entry.ts';

const tokenEnv = 'GRAY_BENCH_NGINX_TOKEN';

export const nginx: RouterEntry = {
  name: 'nginx',
  page: 'nginx',
  abilities: nginxLuaAbilities,
  program: ['nginx'],
  start: async (servers) => {
    process.env[tokenEnv] = 'bench';
    const started = await Nginx.start({ servers, tokenEnv });
    const { spec } = started;
    return {
      connect: () => nginxLuaRouter(spec, { target: 'contract', servers }),
      entrance: spec.entrance,
      // nginx itself holds no split: the admin side's own call is the bare change.
      bare: async (route) => {
        const { status, body } = await http(`${spec.admin}/route`, {
          method: 'PUT',
          headers: { authorization: 'Bearer bench' },
          body: JSON.stringify({ canonical: canonical(route), text: JSON.stringify(route) }),
        });
        if (status !== 200) throw new Error(body);
      },
      end: () => started.end(),
    };
  },
};
