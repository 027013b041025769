import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assertHeld, claimServer, highestClaim } from '../../../src/adapters/deployer/process/claims.ts';
import { openHome, type ServerHome } from '../../../src/adapters/deployer/process/home.ts';

let root = '';
let home: ServerHome;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gray-claims-'));
  home = await openHome(root, 'pay-1');
});
afterEach(() => rm(root, { recursive: true }));

test('the first claim takes the server; the next attempt with its fence takes it over', async () => {
  expect(await highestClaim(home)).toMatchObject({ fence: 0, turn: 0 });
  const first = await claimServer(home, 7);
  await assertHeld(home, first);
  const second = await claimServer(home, 7);
  expect(second).toMatchObject({ fence: 7, turn: 2 });
  await expect(assertHeld(home, first)).rejects.toMatchObject({ code: 'serverLocked' });
});

test('a lower fence is refused, and one that was held is told which fence is above it', async () => {
  const held = await claimServer(home, 7);
  await claimServer(home, 12);
  await expect(claimServer(home, 11)).rejects.toMatchObject({ code: 'staleFence', details: { asked: 11, seen: 12 } });
  await expect(assertHeld(home, held)).rejects.toMatchObject({ code: 'staleFence', details: { asked: 7, seen: 12 } });
});

test('fences are compared as numbers, however many digits they have', async () => {
  await claimServer(home, 9);
  expect(await claimServer(home, 10)).toMatchObject({ fence: 10, turn: 1 });
  expect(await claimServer(home, 123_456_789_012)).toMatchObject({ turn: 1 });
});

test('a writer that looked long ago and adds its claim late does not own the server', async () => {
  const current = await claimServer(home, 12);
  await writeFile(join(home.claims, '0000000000000007.00000003'), '');
  await assertHeld(home, current);
  expect(await highestClaim(home)).toEqual(current);
});

test('of a hundred claims at once one is left, and it is the highest', async () => {
  const fences = Array.from({ length: 100 }, (_, index) => (index * 37) % 50);
  const results = await Promise.allSettled(fences.map((fence) => claimServer(home, fence)));
  const highest = await highestClaim(home);
  expect(highest.fence).toBe(49);
  const holders = await Promise.allSettled(
    results.flatMap((result) => (result.status === 'fulfilled' ? [assertHeld(home, result.value)] : [])),
  );
  expect(holders.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await claimServer(home, 50);
  expect(await readdir(home.claims)).toHaveLength(1);
});

test('no server id leaves the folder', async () => {
  for (const id of ['..', '.', '../../etc', 'a/b']) {
    const { dir } = await openHome(root, id);
    expect(dir.startsWith(`${root}/`), id).toBe(true);
    expect(dir.slice(root.length + 1)).not.toContain('/');
  }
});
