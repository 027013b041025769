import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedRouter } from '../../src/adapters/router/embedded.ts';
import type { Router } from '../../src/adapters/router/port.ts';
import { canonical, type DesiredRoute } from '../../src/domain/route.ts';
import { assign } from '../../src/domain/split.ts';
import { Backend } from '../support/backends.ts';
import { http } from '../support/http.ts';
import { startLoad } from '../support/load.ts';
import { eventually, type StartedProcess, startProcess, startTypeScript } from '../support/processes.ts';
import { type RouterProcess, startRouterProcess } from '../support/router-process.ts';

interface Started {
  readonly router: RouterProcess;
  readonly adapter: Router;
}

let backends: readonly Backend[] = [];
let shared: Started;
const all: RouterProcess[] = [];

beforeAll(async () => {
  backends = await Promise.all(['s1', 's2', 's3', 's4'].map((id) => Backend.start(id)));
  shared = await started();
});
afterAll(async () => {
  await Promise.all([...all.map((router) => router.end()), ...backends.map((backend) => backend.stop())]);
});

async function started(more: Parameters<typeof startRouterProcess>[1] = {}): Promise<Started> {
  const servers = backends.map(({ id, address }) => ({ id, address }));
  const router = await startRouterProcess(servers, more);
  all.push(router);
  return { router, adapter: embeddedRouter(router.spec, { target: 'contract', servers: [] }) };
}

/** The fence the next write to the shared router has to carry. */
const next = async () => (await shared.adapter.read()).route.fence + 1;

const route = (fence: number, shareBp: number): DesiredRoute => ({
  fence,
  release: 'gray-release/shop run-1',
  period: 'gray',
  stable: 'a',
  split: { shareBp, salt: 'salt', alwaysGray: ['eve'], alwaysStable: ['bob'], rest: 'stable' },
  servers: { s1: 'a', s2: 'a', s3: 'b', s4: 'b' },
});

describe('a router process that is killed', () => {
  test('holds the same split when it is started again, for every user', async () => {
    const { router, adapter } = shared;
    const desired = route(await next(), 3_300);
    await adapter.apply(desired);
    await router.restart();
    expect(canonical((await adapter.read()).route)).toBe(canonical(desired));
    for (const user of ['eve', 'bob', ...Array.from({ length: 100 }, (_, n) => `user-${n}`)]) {
      const { headers } = await http(`${router.spec.entrance}/version`, { headers: { 'x-user-id': user } });
      const arm = headers['x-server'] === 's3' || headers['x-server'] === 's4' ? 'gray' : 'stable';
      expect({ user, arm }).toEqual({ user, arm: assign(desired, user) });
    }
  });

  test('in the middle of a write holds the old or the new route, never less than it acknowledged', async () => {
    const { router, adapter } = shared;
    let fence = await next();
    const first = fence;
    await adapter.apply(route(fence, 0));
    for (let round = 0; round < 5; round += 1) {
      let acknowledged = fence;
      let asked = fence;
      const writing = (async () => {
        for (;;) {
          asked += 1;
          await adapter.apply(route(asked, asked % 10_000));
          acknowledged = asked;
        }
      })().catch(() => undefined);
      await sleep(20 + round * 7);
      router.current().signal('SIGKILL');
      await writing;
      await router.restart();
      const held = (await adapter.read()).route;
      expect([acknowledged, asked]).toContain(held.fence);
      expect(canonical(held)).toBe(canonical(route(held.fence, held.fence === first ? 0 : held.fence % 10_000)));
      fence = held.fence;
    }
    expect(fence).toBeGreaterThan(first + 5);
  }, 60_000);
});

test('50 changes of the share under load lose no request', async () => {
  const { router, adapter } = shared;
  const first = await next();
  await adapter.apply(route(first, 0));
  const load = startLoad({ url: `${router.spec.entrance}/version`, header: 'x-user-id', users: 400, loops: 12 });
  for (let n = 1; n <= 50; n += 1) {
    await adapter.apply(route(first + n, n * 200));
    await load.more(10);
  }
  const { sent, lost } = await load.stop();
  expect(lost).toEqual([]);
  expect(sent).toBeGreaterThan(500);
}, 60_000);

describe('a writer that is frozen', () => {
  const script = fileURLToPath(new URL('./writer.mjs', import.meta.url));
  const writer = (router: RouterProcess, shareBp: number, pauseMs: number): Promise<StartedProcess> =>
    startProcess({ command: process.execPath, args: [script, router.spec.admin, String(shareBp), String(pauseMs)] });

  test.each([
    ['after it has read the route', /has read/, 300],
    ['when half of its write is sent', /has sent half/, 300],
  ])('%s, and wakes after an abort with a higher fence, changes nothing', async (_when, step, pauseMs) => {
    const { router, adapter } = shared;
    const fence = await next();
    await adapter.apply(route(fence, 500));
    const frozen = await writer(router, 9_000, pauseMs);
    await frozen.printed(step);
    frozen.signal('SIGSTOP');
    const abort = { ...route(fence + 2, 0), period: 'exception', release: 'operator' } as const;
    await adapter.apply(abort);
    frozen.signal('SIGCONT');
    await frozen.printed(/status 409/);
    expect(canonical((await adapter.read()).route)).toBe(canonical(abort));
    await router.restart();
    expect(canonical((await adapter.read()).route)).toBe(canonical(abort));
  });

  test('is what this is about: the same writer, not frozen, does change the share', async () => {
    const { router, adapter } = shared;
    const fence = await next();
    await adapter.apply(route(fence, 500));
    await (await writer(router, 9_000, 0)).printed(/status 200/);
    expect((await adapter.read()).route).toMatchObject({ fence: fence + 1, split: { shareBp: 9_000 } });
  });
});

describe('a router process that is told to stop', () => {
  const heldRequest = async (router: RouterProcess) => {
    const id = randomUUID();
    const answer = http(`${router.spec.entrance}/hold?id=${id}`).then(
      ({ status }) => status,
      () => 'cut' as const,
    );
    const backend = await eventually(() => backends.find((each) => each.holds(id)));
    return { answer, letGo: () => backend.letGo(id) };
  };
  const refusesNew = (router: RouterProcess) =>
    eventually(() =>
      http(`${router.spec.entrance}/version`).then(
        () => false,
        () => true,
      ),
    );

  test('takes in nothing new, answers what is open, and ends with success', async () => {
    const { router } = await started();
    const { answer, letGo } = await heldRequest(router);
    router.current().signal('SIGTERM');
    await refusesNew(router);
    letGo();
    await expect(answer).resolves.toBe(200);
    await expect(router.current().exited).resolves.toEqual({ code: 0, signal: null });
  });

  test('cuts what is still open when its patience is over', async () => {
    const { router } = await started({ stopMs: 200 });
    const { answer } = await heldRequest(router);
    router.current().signal('SIGTERM');
    await expect(answer).resolves.toBe('cut');
    await expect(router.current().exited).resolves.toEqual({ code: 0, signal: null });
  });

  test('twice ends at once', async () => {
    const { router } = await started();
    const { answer } = await heldRequest(router);
    router.current().signal('SIGTERM');
    await refusesNew(router);
    router.current().signal('SIGTERM');
    await expect(router.current().exited).resolves.toMatchObject({ code: 130 });
    await expect(answer).resolves.toBe('cut');
  });

  test('under load answers every request on a connection it has, and then ends it', async () => {
    const { router } = await started();
    const url = `${router.spec.entrance}/version`;
    // A connection the kernel has not handed over yet is beyond any process, so none is opened meanwhile.
    const load = startLoad({ url, header: 'x-user-id', users: 50, loops: 6, fresh: false });
    await load.more(50);
    router.current().signal('SIGTERM');
    await router.current().exited;
    const { lost } = await load.stop();
    expect(lost.filter((text) => !text.includes('ECONNREFUSED'))).toEqual([]);
    expect(lost).not.toEqual([]);
  });
});

test('a configuration with faults ends the process with all of them and the status of invalid input', async () => {
  const { router } = shared;
  const file = join(router.dir, 'bad.json');
  await writeFile(file, JSON.stringify({ ...router.config, target: '', stateFile: 7 }));
  const main = fileURLToPath(new URL('../../src/router/main.ts', import.meta.url));
  const bad = await startTypeScript(main, [file]);
  await expect(bad.exited).resolves.toMatchObject({ code: 2 });
  expect(bad.output()).toMatch(/2 problems.*target.*stateFile/s);
});
