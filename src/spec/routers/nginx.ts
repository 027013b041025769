/** `router.kind: nginx`. */
import { z } from 'zod';
import type { NginxRouterSpec } from '../../domain/spec.ts';
import { isUrl } from '../net.ts';
import type { At } from '../resolve.ts';
import { envName, filePath, section } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

export const nginx = section({
  kind: z.literal('nginx').describe('nginx with its Lua module, changed without a reload.'),
  identity,
  admin: filePath('a Unix socket path or a loopback URL').describe(
    'The admin side in nginx: a Unix socket path, or a loopback URL with tokenEnv.',
  ),
  tokenEnv: envName().exactOptional().describe('Environment variable that holds the admin token.'),
  entrance,
  probe,
});

export const resolveNginx = (router: z.output<typeof nginx>, at: At): NginxRouterSpec => ({
  ...router,
  admin: isUrl(router.admin) ? router.admin : at(router.admin),
});
