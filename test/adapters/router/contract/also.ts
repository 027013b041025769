/** What a bench can show where it has a hook for it: counters, credentials, a full disk. */
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../../src/domain/route.ts';
import { eventually } from '../../../support/processes.ts';
import type { RouterWorld } from './world.ts';
import { refusal } from './world.ts';

export type Also = 'counters' | 'credentials' | 'full disk';

export function alsoContract(world: RouterWorld, also: readonly Also[]): void {
  const tests: Readonly<Record<Also, () => void>> = {
    counters: () => countersTest(world),
    credentials: () => credentialsTest(world),
    'full disk': () => fullDiskTest(world),
  };
  if (also.length > 0) describe('the program', () => void also.map((name) => tests[name]()));
}

const there = <T>(hook: T | undefined, name: string): T => {
  if (hook === undefined) throw new Error(`the bench has no ${name}`);
  return hook;
};

function countersTest(world: RouterWorld): void {
  test('counts the requests that each pool answered', async () => {
    const counted = there(world.bench.counted, 'counted').bind(world.bench);
    await world.apply({ period: 'gray', split: { shareBp: 5_000 } });
    const gray = world.userWhere((bucket) => bucket < 5_000);
    const before = await counted();
    for (let n = 0; n < 8; n += 1) await world.bench.request(gray);
    for (let n = 0; n < 5; n += 1) await world.bench.request(null);
    await eventually(async () => {
      const { a, b } = await counted();
      return a - before.a === 5 && b - before.b === 8;
    });
  });
}

function credentialsTest(world: RouterWorld): void {
  test('refuses a writer with the wrong credentials for good, and nothing of its write is left', async () => {
    const stranger = there(world.bench.stranger, 'stranger').call(world.bench);
    const held = await world.apply({ period: 'gray', split: { shareBp: 100, alwaysGray: ['eve'] } });
    const wished = { ...held, fence: held.fence + 1, split: { ...held.split, shareBp: 9_000, alwaysGray: [] } };
    expect(await refusal(stranger.apply(wished))).toMatchObject({ code: 'routerRefused' });
    expect(canonical((await world.router.read()).route)).toBe(canonical(held));
    if (world.router.abilities.survivesRestart) await world.bench.restart();
    expect(canonical((await eventually(() => world.router.read().catch(() => null))).route)).toBe(canonical(held));
    expect(canonical((await world.router.apply(held)).route)).toBe(canonical(held));
  });
}

function fullDiskTest(world: RouterWorld): void {
  test('refuses a write while its disk is full, keeps what it held, and takes the repeat once there is room', async () => {
    const fillDisk = there(world.bench.fillDisk, 'fillDisk').bind(world.bench);
    const held = await world.apply({ period: 'gray', split: { shareBp: 100, alwaysGray: ['eve'] } });
    const wished = world.route({ period: 'gray', split: { shareBp: 9_000 } });
    const makeRoom = await fillDisk();
    const refused = await refusal(world.router.apply(wished)).finally(makeRoom);
    // Room may come, so it is worth another try; and it says what is wrong.
    expect(refused.transient).toBe(true);
    expect(refused.message).toMatch(/space|written|denied/i);
    expect(canonical((await world.router.read()).route)).toBe(canonical(held));
    for (const user of ['eve', 'anna', null])
      await expect(world.armAt(held, user)).resolves.toBe(world.assign(held, user));
    await world.router.apply(wished);
    expect((await world.confirm(wished)).problems).toEqual([]);
  });
}
