/** What a target needs in nginx's `http` block, once. What changes lies in the file that it includes. */
import type { ServerSpec } from '../../../../domain/server.ts';
import { addressOf } from './include.ts';
import { prefixOf } from './names.ts';

export interface NginxReloadConfigOrder {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  /** The file that a release writes. */
  readonly include: string;
  /** `listen` of the public entrance. */
  readonly entrance: string;
  /** `listen` of the probe entrance, on loopback. */
  readonly probe: string;
  /** `listen` of the server that tells the generation, on loopback. */
  readonly status: string;
}

export const nginxReloadConfig = (order: NginxReloadConfigOrder): string =>
  [sizes, atRest(order), entrance(order), probe(order), status(order)].join('\n\n').concat('\n');

const sizes = `# Room for long lists. Above every map.
map_hash_max_size 262144;
map_hash_bucket_size 1024;`;

function atRest({ target, servers, include }: NginxReloadConfigOrder): string {
  const prefix = prefixOf(target);
  const constants = Object.entries({
    ...{ generation: '""', fence: '0', period: 'normal', arm: 'stable', pool: 'a', upstream: `${prefix}_rest` },
    ...{ served: 'a', server: '""' },
  });
  const base = servers.filter(({ spare }) => !spare).map((server) => `  server ${addressOf(server)};`);
  return `# In force while the included file is empty; whatever that file says wins.
upstream ${prefix}_rest {
${base.join('\n')}
}
${constants.map(([name, value]) => `map "" $${prefix}_${name} { default ${value}; }`).join('\n')}
include ${include};

map $http_upgrade $${prefix}_connection { default upgrade; "" close; }`;
}

const location = (prefix: string, probed: string, more = ''): string => `  location / {
${more}    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $${prefix}_connection;
    proxy_set_header X-Gray-Arm $${prefix}_arm;
    proxy_set_header X-Gray-Pool $${prefix}_pool;
    proxy_set_header X-Gray-Probe ${probed};
    proxy_next_upstream error timeout;
    proxy_connect_timeout 1s;
    proxy_pass http://$${prefix}_upstream;
  }`;

const entrance = ({ target, entrance: listen }: NginxReloadConfigOrder): string => `server {
  listen ${listen};
${location(prefixOf(target), '""')}
}`;

function probe({ target, probe: listen }: NginxReloadConfigOrder): string {
  const prefix = prefixOf(target);
  const told = { Pool: 'served', Server: 'server', Arm: 'arm', Fence: 'fence', Period: 'period' };
  const headers = Object.entries(told).map(
    ([header, name]) => `    add_header X-Gray-${header} $${prefix}_${name} always;\n`,
  );
  return `# Probes: the same rules, told in headers.
server {
  listen ${listen};
  access_log off;
${location(prefix, '1', headers.join(''))}
}`;
}

const status = ({
  target,
  status: listen,
}: NginxReloadConfigOrder): string => `# What runs: the generation of the included file, and the worker that answers.
server {
  listen ${listen};
  access_log off;
  default_type text/plain;
  location = /generation { return 200 "generation=$${prefixOf(target)}_generation worker=$pid\\n"; }
}`;
