/** `router.kind: caddy`. */
import { z } from 'zod';
import type { CaddyRouterSpec } from '../../domain/spec.ts';
import { isUrl } from '../net.ts';
import type { At } from '../resolve.ts';
import { envName, filePath, section } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

const place = () => filePath('a Unix socket path or a loopback URL');

export const caddy = section({
  kind: z.literal('caddy').describe('Caddy 2.6 or newer, with a decider of ours beside it (`gray decider`).'),
  identity,
  admin: place().describe("Caddy's admin side, only read: a Unix socket path or a loopback URL."),
  decider: place().describe("The decider's admin side: a Unix socket path, or a loopback URL with tokenEnv."),
  tokenEnv: envName().exactOptional().describe("Environment variable that holds the decider's admin token."),
  entrance,
  probe,
});

export const resolveCaddy = (router: z.output<typeof caddy>, at: At): CaddyRouterSpec => ({
  ...router,
  admin: isUrl(router.admin) ? router.admin : at(router.admin),
  decider: isUrl(router.decider) ? router.decider : at(router.decider),
});
