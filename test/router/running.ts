/** A router in this process over real servers, for what needs no death of a process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { embeddedRouter } from '../../src/adapters/router/embedded.ts';
import type { Router } from '../../src/adapters/router/port.ts';
import type { DesiredRoute, Split } from '../../src/domain/route.ts';
import type { Place, PoolName } from '../../src/domain/server.ts';
import { parseRouterConfig, type RouterConfigInput } from '../../src/router/config.ts';
import { type RunningRouter, startRouter } from '../../src/router/router.ts';
import { Backend } from '../support/backends.ts';

export interface TestRouter {
  readonly running: RunningRouter;
  readonly adapter: Router;
  readonly backends: Readonly<Record<'s1' | 's2' | 's3' | 's4', Backend>>;
  readonly dir: string;
  readonly config: RouterConfigInput;
  /** s1 and s2 in pool a, s3 and s4 in pool b, period gray; `split` and `servers` on top, with the next fence. */
  route(split?: Partial<Split>, servers?: Readonly<Record<string, Place>>, stable?: PoolName): Promise<DesiredRoute>;
}

/** Ends with the test. */
export async function testRouter(
  more: Partial<RouterConfigInput> = {},
  weights: Readonly<Record<string, number>> = {},
): Promise<TestRouter> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-router-'));
  const [s1, s2, s3, s4] = await Promise.all([
    Backend.start('s1'),
    Backend.start('s2'),
    Backend.start('s3'),
    Backend.start('s4'),
  ]);
  const backends = { s1, s2, s3, s4 };
  const config: RouterConfigInput = {
    target: 'shop',
    listen: { port: 0 },
    probe: { port: 0 },
    admin: { socket: join(dir, 'admin.sock') },
    stateFile: join(dir, 'state.json'),
    identity: { header: 'x-user-id', cookie: 'uid' },
    servers: Object.values(backends).map(({ id, address }) => ({ id, address, weight: weights[id] ?? 100 })),
    health: { everyMs: 100, timeoutMs: 1_000 },
    stopMs: 100,
    ...more,
  };
  const running = await startRouter(parseRouterConfig(config));
  onTestFinished(async () => {
    await running.stop();
    await Promise.all(Object.values(backends).map((backend) => backend.stop()));
    await rm(dir, { recursive: true, force: true });
  });
  const spec = {
    kind: 'embedded',
    identity: { header: 'x-user-id' },
    admin: running.admin,
    entrance: running.entrance,
    probe: running.probe,
    ...('tokenEnv' in config.admin ? { tokenEnv: config.admin.tokenEnv } : {}),
  } as const;
  const adapter = embeddedRouter(spec, { target: 'shop', servers: [] });
  let fence = 0;
  const route: TestRouter['route'] = async (split = {}, servers = {}, stable = 'a') => {
    fence += 1;
    const { route: applied } = await adapter.apply({
      fence,
      release: 'gray-release/shop run-1',
      period: 'gray',
      stable,
      split: { shareBp: 0, salt: 'salt', alwaysGray: [], alwaysStable: [], rest: 'stable', ...split },
      servers: { s1: 'a', s2: 'a', s3: 'b', s4: 'b', ...servers },
    });
    return applied;
  };
  return { running, adapter, backends, dir, config, route };
}
