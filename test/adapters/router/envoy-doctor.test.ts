/** What the doctor finds at an Envoy, and the page that says how to set one up. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { envoyConfig, envoyDoctor, envoyFilesAtRest } from '../../../src/adapters/router/envoy.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import { Backend } from '../../support/backends.ts';
import { Envoy } from '../../support/envoy.ts';

let backend: Backend;
let servers: ServerSpec[];
let envoy: Envoy;

beforeAll(async () => {
  backend = await Backend.start('s1');
  servers = [{ id: 's1', address: backend.address, gray: true, spare: false, weight: 100 }];
  envoy = await Envoy.start({ servers });
});
afterAll(async () => {
  await envoy.end();
  await backend.stop();
});

const context = () => ({ target: 'contract', servers });

describe('the doctor', () => {
  const complaints = async (...args: Parameters<typeof envoyDoctor>) =>
    (await envoyDoctor(...args)).flatMap(({ ok, what }) => (ok ? [] : [what]));

  test('finds nothing wrong with the documented configuration, and names what differs', async () => {
    const { spec } = envoy;
    expect(await complaints(spec, context())).toEqual([]);
    const [first, ...rest] = servers;
    if (first === undefined) throw new Error('no servers');
    const named = { ...first, address: { ...first.address, host: 'pay.internal' } };
    expect(await complaints(spec, { target: 'contract', servers: [named, ...rest] })).toEqual([
      expect.stringMatching(/^Envoy does not know \[pay\.internal:\d+\], and knows others \[127\.0\.0\.1:\d+\]$/),
      'not at an IP address: s1',
    ]);
    expect(await complaints(spec, { ...context(), target: 'other' })).toEqual([
      expect.stringMatching(/has no cluster other_a/),
    ]);
    const others = { admin: `${spec.admin}.none`, dir: `${spec.dir}/none`, probe: spec.entrance };
    expect(await complaints({ ...spec, ...others }, context())).toEqual([
      ...Array.from({ length: 4 }, () => expect.stringMatching(/no answer from Envoy's admin side/)),
      expect.stringMatching(/ENOENT/),
      expect.stringMatching(/does not tell a generation/),
      expect.stringMatching(/probe entrance .* does not send x-gray-pool/),
    ]);
  });
});

test('the doctor finds a directory that Envoy does not follow', async () => {
  const other = await Envoy.start({ servers });
  const findings = await envoyDoctor({ ...envoy.spec, dir: other.spec.dir }, context());
  await other.end();
  expect(findings.flatMap(({ ok, what }) => (ok ? [] : [what]))).toEqual([
    `no listener or cluster of Envoy names ${other.spec.dir}/route.json`,
  ]);
});

test('the doctor finds clusters whose workers would learn late', async () => {
  const careless = await Envoy.start({ servers, edit: (yaml) => yaml.replaceAll(', update_merge_window: 0s', '') });
  const findings = await envoyDoctor(careless.spec, context());
  await careless.end();
  expect(findings.flatMap(({ ok, what }) => (ok ? [] : [what]))).toEqual([
    'update_merge_window of contract_a is 1s, not 0s',
  ]);
});

const server = (n: number) => ({
  ...{ id: `pay-${n}`, address: { host: `10.0.0.1${n}`, port: 8080 } },
  ...{ gray: n === 3, spare: false, weight: 100 },
});

const identity = { header: 'x-user-id', cookie: 'uid' };

const documented = {
  ...{ target: 'payments', dir: '/var/lib/gray/payments', lua: '/etc/envoy/gray.lua', admin: '127.0.0.1:9901' },
  ...{ entrance: '0.0.0.0:80', probe: '127.0.0.1:8405', check: { path: '/health', intervalMs: 1_000 } },
};

test('the page shows the very configuration and files at rest that the library prints', async () => {
  const page = await readFile(fromHere('../../../docs/adapters/envoy.md'), 'utf8');
  expect(page).toContain(`\`\`\`yaml\n${envoyConfig(documented)}\`\`\``);
  const atRest = envoyFilesAtRest({ target: 'payments', servers: [server(1), server(2), server(3)], identity });
  for (const text of Object.values(atRest)) expect(page).toContain(`\`\`\`json\n${text}\`\`\``);
});

test('the script hashes by the very lines of the one for nginx', async () => {
  const [own, nginx] = await Promise.all(
    ['envoy', 'nginx'].map(async (kind) => {
      const script = await readFile(fromHere(`../../../src/adapters/router/${kind}/gray.lua`), 'utf8');
      return /^-- xxh32, seed 0[\s\S]*?(?=^-- [A-Z])/m.exec(script)?.[0];
    }),
  );
  expect(own).toMatch(/local function xxh32/);
  expect(own).toBe(nginx);
});

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
