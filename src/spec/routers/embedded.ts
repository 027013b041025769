/** `router.kind: embedded`. */
import { z } from 'zod';
import type { EmbeddedRouterSpec } from '../../domain/spec.ts';
import { isUrl } from '../net.ts';
import type { At } from '../resolve.ts';
import { envName, filePath, section } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

export const embedded = section({
  kind: z.literal('embedded').describe("The project's own router process, `gray router`."),
  identity,
  admin: filePath('a Unix socket path or a loopback URL').describe(
    'Unix socket path, or a loopback URL with tokenEnv.',
  ),
  tokenEnv: envName().exactOptional().describe('Environment variable that holds the admin token.'),
  entrance,
  probe,
});

export const resolveEmbedded = (router: z.output<typeof embedded>, at: At): EmbeddedRouterSpec => ({
  ...router,
  admin: isUrl(router.admin) ? router.admin : at(router.admin),
});
