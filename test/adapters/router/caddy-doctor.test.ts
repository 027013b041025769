/** What the doctor says of a Caddy; and that the documented Caddyfile is the one that is tested. */
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type CaddyConfigOrder, caddyConfig } from '../../../src/adapters/router/caddy/config.ts';
import { caddyDoctor } from '../../../src/adapters/router/caddy.ts';
import { Caddy } from '../../support/caddy.ts';
import { startServers } from './http-bench.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function started(edit?: (caddyfile: string) => string) {
  const servers = await startServers();
  ends.push(async () => void (await Promise.all(servers.backends.map((each) => each.stop()))));
  const caddy = await Caddy.start({ servers: servers.specs, ...(edit && { edit }) });
  ends.push(() => caddy.end());
  return { caddy, context: { target: 'contract', servers: servers.specs } };
}

const complaints = async (...args: Parameters<typeof caddyDoctor>) =>
  (await caddyDoctor(...args)).flatMap(({ ok, what }) => (ok ? [] : [what]));

describe('the doctor', () => {
  test('finds nothing wrong with the Caddyfile of the page, and names what a release file has and Caddy has not', async () => {
    const { caddy, context } = await started();
    expect(await complaints(caddy.spec, context)).toEqual([]);
    const [first, ...rest] = context.servers;
    if (first === undefined) throw new Error('no servers');
    const moved = { ...first, address: { host: '127.0.0.1', port: 1 } };
    expect(await complaints(caddy.spec, { ...context, servers: [moved, ...rest] })).toEqual([
      `Caddy reaches s1 at 127.0.0.1:${first.address.port}, not 127.0.0.1:1`,
    ]);
    expect(await complaints(caddy.spec, { ...context, servers: [{ ...first, id: 'new' }, ...rest] })).toEqual([
      'Caddy has no line for new',
      'new is not on the way to stable',
      'Caddy has other servers: s1',
    ]);
  });

  test('finds what is missing in a Caddyfile, and a decider that is gone', async () => {
    const { caddy, context } = await started((text) =>
      text.replaceAll('request_header -X-Gray-*', 'request_header -X-Other').replaceAll(/root \S+/g, 'root /nowhere'),
    );
    expect(await complaints(caddy.spec, context)).toEqual([
      '/nowhere is not there',
      'anybody can choose a server by X-Gray- headers',
    ]);
    await caddy.killDecider();
    expect(await complaints(caddy.spec, context)).toContainEqual(expect.stringMatching(/probe entrance .* not send/));
    await caddy.killCaddy();
    expect(await complaints(caddy.spec, context)).toEqual([
      expect.stringMatching(/no answer from Caddy's admin side/),
      expect.stringMatching(/probe entrance .* does not answer/),
    ]);
  });
});

const server = (n: number) => ({
  ...{ id: `pay-${n}`, address: { host: `10.0.0.1${n}`, port: 8080 } },
  ...{ gray: n === 3, spare: false, weight: 100 },
});

const documented: CaddyConfigOrder = {
  target: 'payments',
  servers: [server(1), server(2), server(3)],
  admin: 'unix//run/caddy/admin.sock',
  entrance: 'payments.example',
  probe: 'http://:8405',
  decisions: '127.0.0.1:8410',
  road: '/var/lib/gray/payments-road',
};

test('the page shows the very Caddyfile that caddyConfig() prints', async () => {
  const page = await readFile(new URL('../../../docs/adapters/caddy.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`caddyfile\n${caddyConfig(documented)}\`\`\``);
});
