/** `gray who` in this process, with a router in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdMemoryRouter, MemoryRouter } from '../../src/adapters/router/memory.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run.ts';
import { routeAtRest } from '../../src/domain/fence.ts';
import { parseReleaseFile } from '../../src/spec.ts';
import { goodFile } from './spec-base.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-who-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const ladder = (more = '') =>
  goodFile
    .replace(/^router: .*$/m, 'router: { kind: memory, identity: { header: x-user-id, segments: [x-staff] } }')
    .replace('stages: [', 'stages: [{ segments: [staff], hold: 1m }, ')
    .concat(`audience: { alwaysGray: [vip], ${more} segments: [{ name: staff, header: x-staff, values: ["1"] }] }\n`);

async function who(text: string, ...args: readonly string[]) {
  const file = join(dir, 'shop.yml');
  await writeFile(file, text);
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    terminal: false,
    color: false,
    env: { TEMPORAL_CONFIG_FILE: '/does/not/exist', GRAY_ALLOW_MEMORY: '1' },
    interrupted: new AbortController().signal,
  };
  const status = await runCli(['who', file, ...args], io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

describe('gray who', () => {
  it('says step by step what a user gets, and why', async () => {
    const { status, out } = await who(ladder('salt: fixed,'), '--user', 'anna');
    expect(status).toBe(0);
    const bucket = Number(/bucket (\d+) of 10000/.exec(out)?.[1]);
    expect(out).toContain('user anna of shop\nnow: stable, no server names its version; the share is 0 %');
    expect(out).toMatch(/stage 1 of 3 +0 % +stable, base version +the share is 0 %/);
    expect(out).toMatch(new RegExp(`stage 3 of 3 +25 % +${bucket < 2_500 ? 'gray, 2.0.0' : 'stable'}`));
    expect(out).toMatch(/leveled +100 % +gray, 2\.0\.0/);
  });

  it('knows before the start only what does not depend on the draw', async () => {
    const { out } = await who(ladder(), '--user', 'anna', '--header', 'X-Staff=1');
    expect(out).toContain('user anna, x-staff: 1 of shop');
    expect(out).toMatch(/period switch +0 % +stable, base version +the share is 0 %/);
    expect(out).toMatch(/stage 1 of 3 +0 % +gray, 2\.0\.0 +in segment staff/);
    expect((await who(ladder(), '--user', 'vip')).out).toMatch(
      /period switch +0 % +gray, 2\.0\.0 +always gray by list/,
    );
    expect((await who(ladder(), '--user', 'anna')).out).toMatch(
      /stage 3 of 3 +25 % +either +25 % of the users get gray/,
    );
    expect((await who(ladder())).out).toMatch(/a request without identity of shop[\s\S]*leveled +100 % +gray/);
  });

  it('takes the salt of the release that is on its way', async () => {
    const spec = parseReleaseFile(ladder(), { env: { GRAY_ALLOW_MEMORY: '1' } });
    const router = new MemoryRouter(spec);
    const release = holdMemoryRouter(spec.target, router);
    const rest = routeAtRest(spec.servers);
    await router.apply({
      ...{ ...rest, fence: 1, period: 'gray', servers: { ...rest.servers, s1: 'b' } },
      split: { ...rest.split, salt: 'drawn', shareBp: 10_000 },
    });
    const { status, out } = await who(ladder(), '--user', 'anna', '--json');
    release();
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      asker: { user: 'anna', attributes: {} },
      now: { arm: 'gray', period: 'gray', salt: 'drawn', servers: ['s1'] },
      steps: expect.arrayContaining([expect.objectContaining({ step: 'stage 3 of 3', arm: expect.any(String) })]),
    });
  });

  it('tells the steps also when the router cannot be reached, and exits 7', async () => {
    const away = ladder('salt: fixed,').replace(
      /^router: .*$/m,
      () => /^router: .*$/m.exec(goodFile)?.[0].replace('x-user-id }', 'x-user-id, segments: [x-staff] }') ?? '',
    );
    const { status, out } = await who(away, '--user', 'anna');
    expect(status).toBe(7);
    expect(out).toMatch(/now: unknown: .*r\.sock/);
    expect(out).toContain('stage 3 of 3');
  });

  it('refuses headers that are in no segment, all at once', async () => {
    const { status, err } = await who(ladder(), '--header', 'x-stuff=1', 'nonsense');
    expect(status).toBe(2);
    expect(err).toContain('x-stuff is no header of router.identity.segments; known are x-staff');
    expect(err).toContain('did you mean');
    expect(err).toContain('expected name=value, such as x-branch=north, found nonsense');
  });
});
