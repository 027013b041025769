import { afterAll, beforeAll } from 'vitest';
import type { ReloadHooks } from '../../../src/adapters/router/nginx/reload/apply.ts';
import { nginxReloadRouter } from '../../../src/adapters/router/nginx.ts';
import type { DesiredRoute, Split } from '../../../src/domain/route.ts';
import { NginxReload } from '../../support/nginx-reload.ts';
import { type HttpServers, httpBench, startServers, versionProbe } from './http-bench.ts';

export let servers: HttpServers;
export let nginx: NginxReload;
export let bench: ReturnType<typeof httpBench>;

/** Starts both before the tests of a file, and ends them behind. */
export function useNginxReload(): void {
  beforeAll(async () => {
    servers = await startServers();
    nginx = await NginxReload.start({ servers: servers.specs });
    bench = httpBench(servers, { public: nginx.spec.entrance, probe: nginx.spec.probe });
  });
  afterAll(async () => {
    await nginx.end();
    await bench.end();
  });
}

export const context = () => ({ target: 'contract', servers: servers.specs });
export const router = (hooks: ReloadHooks = {}, change: Partial<NginxReload['spec']> = {}) =>
  nginxReloadRouter({ ...nginx.spec, ...change }, context(), hooks);
export const held = async () => (await router().read()).route;

const base: Split = { shareBp: 500, salt: 'faults', alwaysGray: [], alwaysStable: [], rest: 'stable' };
let fence = 0;

export function route(split: Partial<Split> = {}, change: Partial<DesiredRoute> = {}): DesiredRoute {
  fence += 1;
  const places = { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'out' } as const;
  const rest = { fence, release: 'faults', period: 'gray', stable: 'a', servers: places } as const;
  return { ...rest, ...change, split: { ...base, ...split } };
}

export async function apply(split: Partial<Split> = {}, change: Partial<DesiredRoute> = {}): Promise<DesiredRoute> {
  const desired = route(split, change);
  await router().apply(desired);
  return desired;
}

export const confirm = (desired: DesiredRoute) =>
  router().confirm({ desired, version: versionProbe, expected: { gray: null, stable: null }, formerly: [] });
