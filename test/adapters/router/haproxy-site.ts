import { afterAll, beforeAll, beforeEach } from 'vitest';
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import type { Router } from '../../../src/adapters/router/port.ts';
import type { DesiredRoute, Split } from '../../../src/domain/route.ts';
import { Haproxy } from '../../support/haproxy.ts';
import { http } from '../../support/http.ts';
import { type HttpServers, startServers, versionProbe } from './http-bench.ts';

export let servers: HttpServers;
export let haproxy: Haproxy;
export let router: Router;
let fence = 0;

/** Starts both before the tests of a file, and ends them behind. */
export function useHaproxy(): void {
  beforeAll(async () => {
    servers = await startServers();
    haproxy = await Haproxy.start({ servers: servers.specs });
    router = haproxyRouter(haproxy.spec, context());
  });
  afterAll(async () => {
    await haproxy?.end();
    await Promise.all((servers?.backends ?? []).map((backend) => backend.stop()));
  });
  beforeEach(async () => {
    await apply();
  });
}

export const context = () => ({ target: haproxy.target, servers: servers.specs });

export const everywhere = { s1: 'a', s2: 'a', s3: 'a', s4: 'b', s5: 'out' } as const;

export type Change = Partial<Omit<DesiredRoute, 'split'>> & { readonly split?: Partial<Split> };

export function route(change: Change = {}): DesiredRoute {
  fence += 1;
  const split: Split = { shareBp: 0, salt: 'f|a u+l%t', alwaysGray: [], alwaysStable: [], rest: 'stable' };
  const base = { fence, release: 'gray-release/shop ü', period: 'gray', stable: 'a', servers: everywhere } as const;
  return { ...base, ...change, split: { ...split, ...change.split } };
}

export const skipFences = (count: number): void => {
  fence += count;
};

export async function apply(change: Change = {}): Promise<DesiredRoute> {
  const desired = route(change);
  await router.apply(desired);
  return desired;
}

export const ask = (user: string | null, cookie = false) => {
  const headers: Record<string, string> =
    user === null ? {} : cookie ? { cookie: `uid=${user}` } : { 'x-user-id': user };
  return http(haproxy.entrance, { headers });
};

export const serverFor = async (user: string | null, cookie = false): Promise<string> => {
  const { status, headers } = await ask(user, cookie);
  return status === 200 ? String(headers['x-server']) : `status ${status}`;
};

export const confirmed = (desired: DesiredRoute) =>
  router.confirm({ desired, version: versionProbe, expected: { gray: null, stable: null }, formerly: [] });

export const server = (id: string) => {
  const found = servers.backends.find((backend) => backend.id === id);
  if (found === undefined) throw new Error(`no server ${id}`);
  return found;
};
