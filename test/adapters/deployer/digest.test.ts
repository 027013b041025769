import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildArtifact } from '../../../demo/build-artifact.ts';
import { artifactDigest, firstDamage, manifestOf } from '../../../src/adapters/deployer/process/digest.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gray-digest-'));
});
afterEach(() => rm(root, { recursive: true }));

async function tree(name: string, files: readonly string[]): Promise<string> {
  const dir = join(root, name);
  await mkdir(join(dir, 'lib'), { recursive: true });
  for (const file of files) await writeFile(join(dir, file), `content of ${file}`, { mode: 0o644 });
  return dir;
}

test('the digest does not depend on the order, times or empty folders of a build', async () => {
  const one = await tree('one', ['a.js', 'lib/b.js']);
  const other = await tree('other', ['lib/b.js', 'a.js']);
  await mkdir(join(other, 'empty'));
  await utimes(join(other, 'a.js'), 1, 1);
  expect(await artifactDigest(other)).toBe(await artifactDigest(one));
  expect(await artifactDigest(one)).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test.each<[string, (dir: string) => Promise<void>]>([
  ['a changed byte', (dir) => writeFile(join(dir, 'a.js'), 'content of a.jz')],
  ['another name', (dir) => writeFile(join(dir, 'c.js'), '')],
  ['an executable bit', (dir) => chmod(join(dir, 'a.js'), 0o755)],
  ['a link', (dir) => symlink('a.js', join(dir, 'c.js'))],
])('%s gives another digest', async (_what, change) => {
  const dir = await tree('one', ['a.js', 'lib/b.js']);
  const before = await artifactDigest(dir);
  await change(dir);
  expect(await artifactDigest(dir)).not.toBe(before);
});

test('damage is a listed file that changed or is gone; what a server writes beside it is none', async () => {
  const dir = await tree('one', ['a.js', 'lib/b.js']);
  const manifest = await manifestOf(dir);
  await writeFile(join(dir, 'cache.tmp'), 'x');
  expect(await firstDamage(dir, manifest)).toBeNull();
  await rm(join(dir, 'lib/b.js'));
  expect(await firstDamage(dir, manifest)).toBe('lib/b.js');
});

test('the same order builds the same archive', async () => {
  const build = (name: string) => buildArtifact({ dir: join(root, name), version: '1.0.0', archive: true });
  expect((await build('one')).digest).toBe((await build('other')).digest);
});
