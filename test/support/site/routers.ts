/** A site's router as a real process, of any kind, that can be reloaded, killed and started again. */
import { join } from 'node:path';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { RouterSpec } from '../../../src/domain/spec.ts';
import { Caddy } from '../caddy.ts';
import { Envoy } from '../envoy.ts';
import { Haproxy } from '../haproxy.ts';
import { Nginx } from '../nginx.ts';
import { NginxReload } from '../nginx-reload.ts';
import { configured, startRouterProcess } from '../router-process.ts';
import { startTwoRouters } from '../two-routers.ts';
import { type AdminTap, tapAdmin } from './admin-tap.ts';

export const routerKinds = ['embedded', 'haproxy'] as const;
export type RouterKind = (typeof routerKinds)[number];

/** `several`: two embedded ones; `kill` and `start` are about the second, users come to the first. */
export const siteRouterKinds = [...routerKinds, 'nginx', 'nginx-reload', 'envoy', 'caddy', 'several'] as const;
export type SiteRouterKind = (typeof siteRouterKinds)[number];

export interface SiteRouter {
  readonly spec: RouterSpec;
  /** Where users come in. */
  readonly entrance: string;
  /** Before the admin side of an embedded router. */
  readonly tap: AdminTap | null;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** As a new certificate or setting makes one. HAProxy hands over without a gap, the embedded router starts anew. */
  reload(): Promise<void>;
  end(): Promise<void>;
}

export interface SiteRouterOrder {
  readonly folder: string;
  readonly target: string;
  readonly servers: readonly ServerSpec[];
}

const starts: Readonly<Record<SiteRouterKind, (order: SiteRouterOrder) => Promise<SiteRouter>>> = {
  caddy: startCaddy,
  envoy: startEnvoy,
  haproxy: startHaproxy,
  embedded: startEmbedded,
  nginx: startNginx,
  'nginx-reload': startNginxReload,
  several: startSeveral,
};

export const startSiteRouter = (kind: SiteRouterKind, order: SiteRouterOrder): Promise<SiteRouter> =>
  starts[kind](order);

async function startSeveral({ target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  const { spec, edge, inner, end } = await startTwoRouters(servers, { target });
  return {
    ...{ spec, entrance: edge.spec.entrance, tap: null, end },
    kill: async () => void (await inner.current().kill()),
    start: () => inner.start(),
    reload: () => inner.restart(),
  };
}

async function startCaddy({ target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  const caddy = await Caddy.start({ target, servers });
  const start = async () => {
    await Promise.all([caddy.startDecider(), caddy.startCaddy()]);
  };
  return {
    ...{ spec: caddy.spec, entrance: caddy.spec.entrance, tap: null, start },
    kill: async () => void (await Promise.all([caddy.killDecider(), caddy.killCaddy()])),
    reload: () => caddy.restart(),
    end: () => caddy.end(),
  };
}

async function startEnvoy({ target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  const envoy = await Envoy.start({ target, servers });
  return {
    ...{ spec: envoy.spec, entrance: envoy.spec.entrance, tap: null },
    kill: () => envoy.kill(),
    start: () => envoy.run(),
    reload: () => envoy.restart(),
    end: () => envoy.end(),
  };
}

/** Also a worker that was started before has to know it. */
const nginxToken = 'GRAY_SITE_NGINX_TOKEN';
process.env[nginxToken] ??= 'site';

async function startNginx({ target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  return nginxSite(await Nginx.start({ target, servers, tokenEnv: nginxToken }));
}

async function startNginxReload({ target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  return nginxSite(await NginxReload.start({ target, servers }));
}

const nginxSite = (nginx: Nginx | NginxReload): SiteRouter => ({
  ...{ spec: nginx.spec, entrance: nginx.spec.entrance, tap: null },
  kill: () => nginx.kill(),
  start: () => nginx.run(),
  reload: () => nginx.reload(),
  end: () => nginx.end(),
});

async function startHaproxy({ target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  const haproxy = await Haproxy.start({ target, servers });
  return {
    ...{ spec: haproxy.spec, entrance: haproxy.entrance, tap: null },
    kill: () => haproxy.kill(),
    start: () => haproxy.start(),
    reload: () => haproxy.reload(),
    end: () => haproxy.end(),
  };
}

async function startEmbedded({ folder, target, servers }: SiteRouterOrder): Promise<SiteRouter> {
  const router = await startRouterProcess(configured(servers), { target, stopMs: 2_000 });
  const admin = join(folder, 'admin.sock');
  const tap = await tapAdmin(admin, router.spec.admin);
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => void (await router.current().kill(signal));
  return {
    ...{ spec: { ...router.spec, admin }, entrance: router.spec.entrance, tap },
    kill,
    start: () => router.start(),
    reload: async () => {
      await kill('SIGTERM');
      await router.start();
    },
    end: async () => {
      await tap.end();
      await router.end();
    },
  };
}

/** Fences only ever grow: the same one twice is the same write again. */
export function fenceBreaches(writes: readonly DesiredRoute[]): string[] {
  return writes.flatMap((write, at) => {
    const before = writes[at - 1];
    if (before === undefined || write.fence > before.fence) return [];
    if (write.fence === before.fence && JSON.stringify(write) === JSON.stringify(before)) return [];
    return [`fence ${write.fence} after ${before.fence}`];
  });
}
