/** nginx in reload mode: what its doctor finds, and that its page shows what is tested. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type NginxReloadConfigOrder, nginxReloadConfig } from '../../../src/adapters/router/nginx/reload/config.ts';
import { nginxReloadDoctor } from '../../../src/adapters/router/nginx.ts';
import { context, nginx, servers, useNginxReload } from './nginx-reload-site.ts';

useNginxReload();

describe('the doctor', () => {
  const complaints = async (...args: Parameters<typeof nginxReloadDoctor>) =>
    (await nginxReloadDoctor(...args)).flatMap(({ ok, what }) => (ok ? [] : [what]));

  test('finds nothing wrong with the documented configuration, and names what differs', async () => {
    expect(await complaints(nginx.spec, context())).toEqual([]);
    const [first, ...rest] = servers.specs;
    if (first === undefined) throw new Error('no servers');
    const moved = { ...first, address: { ...first.address, host: 'pay.internal' } };
    expect(await complaints(nginx.spec, { target: 'contract', servers: [moved, ...rest] })).toEqual([
      'not at an IPv4 address: s1',
    ]);
    const { spec } = nginx;
    const others = {
      include: `${spec.include}.other`,
      pid: `${spec.pid}.none`,
      status: spec.entrance,
      probe: spec.entrance,
    };
    expect(await complaints({ ...spec, ...others }, context())).toEqual([
      expect.stringMatching(/does not include .*route\.conf\.other/),
      expect.stringMatching(/has no line `include .*route\.conf\.other;`/),
      expect.stringMatching(/^no nginx runs by/),
      expect.stringMatching(/does not tell a generation/),
      expect.stringMatching(/probe entrance .* does not send x-gray-pool/),
    ]);
  });
});

const server = (n: number) => ({
  ...{ id: `pay-${n}`, address: { host: `10.0.0.1${n}`, port: 8080 } },
  ...{ gray: n === 3, spare: false, weight: 100 },
});

const documented: NginxReloadConfigOrder = {
  target: 'payments',
  servers: [server(1), server(2), server(3)],
  include: '/var/lib/gray/payments/route.conf',
  entrance: '80',
  probe: '127.0.0.1:8405',
  status: '127.0.0.1:8406',
};

test('the page shows the very configuration that nginxReloadConfig() prints', async () => {
  const page = await readFile(new URL('../../../docs/adapters/nginx.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`nginx\n${nginxReloadConfig(documented)}\`\`\``);
});
