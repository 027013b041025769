/** Before HAProxy's start: its configuration, made from the release file, and the two files that it loads and gray writes. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { haproxyConfig } from '../dist/src/adapters/router/haproxy/config.js';
import { readReleaseFile } from '../dist/src/spec.js';

const [folder = '/var/lib/haproxy'] = process.argv.slice(2);
const { target, servers, router } = await readReleaseFile(fileURLToPath(new URL('shop.yml', import.meta.url)));
const config = haproxyConfig({
  target,
  servers,
  identity: router.identity,
  instance: router.instances[0],
  entrance: '0.0.0.0:8080',
  exporter: '172.30.80.10:8404',
  check: { path: '/health', intervalMs: 2_000, rise: 1, fall: 2 },
});
writeFileSync(join(folder, 'haproxy.cfg'), config);
// Written by every release since: what is there stays.
for (const file of ['shop.map', 'shop.state']) closeSync(openSync(join(folder, file), 'a'));
