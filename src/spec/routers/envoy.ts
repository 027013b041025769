/** `router.kind: envoy`. */
import { z } from 'zod';
import type { EnvoyRouterSpec } from '../../domain/spec.ts';
import { isUrl } from '../net.ts';
import type { At } from '../resolve.ts';
import { filePath, section } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

export const envoy = section({
  kind: z.literal('envoy').describe('Envoy, which follows files that releases write; with our Lua script in it.'),
  identity,
  admin: filePath('a Unix socket path or a loopback URL').describe(
    "Envoy's admin side, only read: a Unix socket path or a loopback URL.",
  ),
  dir: filePath('a directory').describe(
    'Directory of the files that releases write, on the host of Envoy; one per target.',
  ),
  entrance,
  probe,
});

export const resolveEnvoy = (router: z.output<typeof envoy>, at: At): EnvoyRouterSpec => ({
  ...router,
  admin: isUrl(router.admin) ? router.admin : at(router.admin),
  dir: at(router.dir),
});
