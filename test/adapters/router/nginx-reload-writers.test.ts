import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { masterOf, workersOf } from '../../../src/adapters/router/nginx/reload/process.ts';
import { canonical, type DesiredRoute } from '../../../src/domain/route.ts';
import { eventually } from '../../support/processes.ts';
import { apply, bench, confirm, held, nginx, route, router, useNginxReload } from './nginx-reload-site.ts';

useNginxReload();

const workers = async () => (await workersOf(await masterOf(nginx.spec.pid))).map(({ pid }) => pid);

/** A write that stops at its `at`-th step until the returned call, or for ever; `null` where it has fewer steps. */
async function stopped(desired: DesiredRoute, at: number) {
  let go: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  let count = -1;
  const steps: string[] = [];
  const reached = new Promise<string>((resolve) => {
    const onStep = (step: string) => {
      steps.push(step);
      count += 1;
      if (count !== at) return;
      resolve(step);
      return gone;
    };
    const writing = router({ onStep }).apply(desired);
    ends.set(
      desired,
      writing.then(
        () => 'applied',
        (error: { code?: string }) => error.code ?? String(error),
      ),
    );
    void ends.get(desired)?.then(() => resolve('ended'));
  });
  return { step: await reached, go, end: () => ends.get(desired) };
}
const ends = new Map<DesiredRoute, Promise<string>>();

describe('a writer', () => {
  test('that dies at any line leaves the old route or the new one, and its repeat finishes it', async () => {
    let before = await apply();
    for (let at = 0; ; at += 1) {
      const desired = route({ shareBp: at % 2 === 0 ? 9_000 : 400 });
      const { step } = await stopped(desired, at);
      const now = canonical(await held());
      if (step === 'ended') {
        expect(now).toBe(canonical(desired));
        expect(at).toBeGreaterThan(9);
        break;
      }
      expect([step, now]).toEqual([step, canonical(before)]);
      await router().apply(desired);
      expect((await confirm(desired)).problems).toEqual([]);
      before = desired;
    }
  });

  test('that dies before its reload: the route that runs is shown, and that the file is another one', async () => {
    const before = await apply();
    const desired = route({ shareBp: 9_000 });
    for (let at = 0; ; at += 1) if ((await stopped(desired, at)).step === 'reload') break;
    expect(canonical(await held())).toBe(canonical(before));
    expect((await confirm(before)).problems.join()).toMatch(/route\.conf holds generation .* it was not reloaded/);
    // What a restart would do anyway.
    await nginx.restart();
    bench.reset();
    expect(canonical(await held())).toBe(canonical(desired));
    expect((await confirm(desired)).problems).toEqual([]);
  });

  test('that freezes at any line changes nothing after a newer one', async () => {
    await apply();
    for (let at = 0; ; at += 1) {
      const { step, go, end } = await stopped(route({ shareBp: 9_000 }), at);
      if (step === 'ended') break;
      const newer = await apply({ shareBp: 0 }, { period: 'exception' });
      go();
      expect([step, await end()]).toEqual([step, 'staleFence']);
      expect(canonical(await held())).toBe(canonical(newer));
      expect((await confirm(newer)).problems).toEqual([]);
    }
  });

  test('that repeats what runs reloads nothing', async () => {
    const desired = await apply();
    await eventually(async () => (await workers()).length === 2);
    const before = await workers();
    await router().apply(desired);
    await sleep(150);
    expect(await workers()).toEqual(before);
  });
});
