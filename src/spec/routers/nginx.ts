/** `router.kind: nginx`, in two modes. */
import { z } from 'zod';
import type { NginxRouterSpec } from '../../domain/spec.ts';
import { program } from '../kinds.ts';
import { baseUrl, isUrl } from '../net.ts';
import type { At } from '../resolve.ts';
import { argv, envName, filePath, section } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

const lua = section({
  kind: z.literal('nginx').describe('nginx with its Lua module, changed without a reload.'),
  mode: z.literal('lua').exactOptional().describe('lua (default): no reload. reload: nginx without its Lua module.'),
  identity,
  admin: filePath('a Unix socket path or a loopback URL').describe(
    'The admin side in nginx: a Unix socket path, or a loopback URL with tokenEnv.',
  ),
  tokenEnv: envName().exactOptional().describe('Environment variable that holds the admin token.'),
  entrance,
  probe,
});

const reload = section({
  kind: z.literal('nginx').describe('nginx as it comes, reloaded for every change.'),
  mode: z.literal('reload').describe('A file that nginx includes is written anew, tested, and nginx reloaded.'),
  identity,
  config: filePath('a configuration file')
    .default('/etc/nginx/nginx.conf')
    .describe('The main configuration file; it names `include`.'),
  include: filePath('the included file').describe('The file that releases write, one per target; empty at first.'),
  pid: filePath('a pid file').default('/run/nginx.pid').describe('Where nginx keeps the id of its master process.'),
  program: argv()
    .default(['nginx'])
    .describe('How nginx is called to test a configuration, such as [sudo, nginx]; `-t -q -c FILE` is added.'),
  reload: argv()
    .exactOptional()
    .describe(
      'What reloads nginx, such as [sudo, systemctl, reload, nginx]. Default: a signal to the process of `pid`.',
    ),
  entrance,
  probe,
  status: baseUrl('the status server').describe('Base URL of the loopback server that tells the generation.'),
});

export const nginx = z.discriminatedUnion('mode', [lua, reload]);

export function resolveNginx(router: z.output<typeof nginx>, at: At): NginxRouterSpec {
  if (router.mode !== 'reload') return { ...router, admin: isUrl(router.admin) ? router.admin : at(router.admin) };
  const { reload: command, ...rest } = router;
  return {
    ...rest,
    ...{ config: at(router.config), include: at(router.include), pid: at(router.pid) },
    program: program(router.program, at),
    ...(command !== undefined && { reload: program(command, at) }),
  };
}
