import { embeddedAbilities, embeddedRouter } from '../../../src/adapters/router/embedded.ts';
import { http } from '../../../test/support/http.ts';
import { configured, startRouterProcess } from '../../../test/support/router-process.ts';
import type { RouterEntry } from '../entry.ts';

export const embedded: RouterEntry = {
  name: 'embedded',
  page: null,
  abilities: embeddedAbilities,
  program: null,
  start: async (servers) => {
    const router = await startRouterProcess(configured(servers));
    const { spec } = router;
    return {
      connect: () => embeddedRouter(spec, { target: 'contract', servers }),
      entrance: spec.entrance,
      bare: async (route) => {
        const order = { method: 'PUT', socketPath: spec.admin, body: JSON.stringify(route) };
        const { status, body } = await http('http://router/route', order);
        if (status !== 200) throw new Error(body);
      },
      end: () => router.end(),
    };
  },
};
