import { caddyAbilities, caddyRouter } from '../../../src/adapters/router/caddy.ts';
import { Caddy } from '../../../test/support/caddy.ts';
import { http } from '../../../test/support/http.ts';
import type { RouterEntry } from '../entry.ts';

export const caddy: RouterEntry = {
  name: 'caddy',
  page: 'caddy',
  abilities: caddyAbilities,
  program: ['caddy'],
  start: async (servers) => {
    const started = await Caddy.start({ servers });
    const { spec } = started;
    return {
      connect: () => caddyRouter(spec, { target: 'contract', servers }),
      entrance: spec.entrance,
      // Caddy itself holds no split: the decider's own call is the bare change.
      bare: async (route) => {
        const order = { method: 'PUT', socketPath: spec.decider, body: JSON.stringify(route) };
        const { status, body } = await http('http://decider/route', order);
        if (status !== 200) throw new Error(body);
      },
      end: () => started.end(),
    };
  },
};
