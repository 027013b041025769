/** What a target needs in nginx's `http` block. `gray.lua` beside this file decides every request. */
import type { ServerSpec } from '../../../domain/server.ts';
import type { IdentitySpec } from '../../../domain/spec.ts';
import { prefixOf } from './reload/names.ts';

export interface NginxConfigOrder {
  /** Letters, digits and `_`: it becomes part of names. */
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  readonly identity: IdentitySpec;
  /** Directory where `gray.lua` lies. */
  readonly lua: string;
  readonly stateFile: string;
  /** `listen` of the admin side: `unix:/path` or `127.0.0.1:port`. */
  readonly admin: string;
  /** File with the admin token; needed where `admin` is a port. */
  readonly tokenFile?: string;
  /** `listen` of the public entrance. */
  readonly entrance: string;
  /** `listen` of the probe entrance, on loopback. */
  readonly probe: string;
  readonly check: { readonly path: string; readonly intervalMs: number };
}

export const nginxConfig = (order: NginxConfigOrder): string =>
  [shared(order), upstream(order), entrance(order), probe(order), admin(order)].join('\n\n').concat('\n');

/** A Lua string of any text. */
const quoted = (text: string): string =>
  `"${text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))}"`;

const said = (name: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`    ${name} = ${quoted(text)},`];

const shared = (order: NginxConfigOrder): string => `lua_package_path "${order.lua}/?.lua;;";
lua_shared_dict ${prefixOf(order.target)} 4m;
init_by_lua_block {
  ${prefixOf(order.target)} = require("gray").init {
${[
  ...said('dict', `${prefixOf(order.target)}`),
  ...said('state', order.stateFile),
  ...said('tokenFile', order.tokenFile),
  ...said('header', order.identity.header),
  ...said('cookie', order.identity.cookie),
  ...said('check', order.check.path),
].join('\n')}
    every = ${order.check.intervalMs / 1_000},
    servers = {
${order.servers.map(serverLine).join('\n')}
    },
  }
}
init_worker_by_lua_block { ${prefixOf(order.target)}.start() }
map $http_upgrade $gray_connection { default upgrade; "" ""; }`;

const serverLine = ({ id, address, weight, spare }: ServerSpec): string =>
  `      { id = ${quoted(id)}, host = ${quoted(address.host)}, port = ${address.port}, weight = ${weight}${spare ? ', spare = true' : ''} },`;

const upstream = ({ target }: NginxConfigOrder): string => `upstream ${target} {
  server 0.0.0.1; # never asked: the block below names the server
  balancer_by_lua_block { ${prefixOf(target)}.balance() }
  keepalive 64;
}`;

const location = (target: string, more = ''): string => `  location / {
    access_by_lua_block { ${prefixOf(target)}.decide() }
    log_by_lua_block { ${prefixOf(target)}.done() }
${more}    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $gray_connection;
    proxy_next_upstream error timeout;
    proxy_connect_timeout 1s;
    proxy_pass http://${target};
  }`;

const entrance = ({ target, entrance: listen }: NginxConfigOrder): string => `server {
  listen ${listen};
${location(target)}
}`;

const probe = ({ target, probe: listen }: NginxConfigOrder): string => `# Probes: the same rules, told in headers.
server {
  listen ${listen};
  access_log off;
${location(target, `    header_filter_by_lua_block { ${prefixOf(target)}.tell() }\n    proxy_set_header X-Gray-Probe 1;\n`)}
}`;

const admin = ({ target, admin: listen }: NginxConfigOrder): string => `server {
  listen ${listen};
  access_log off;
  client_max_body_size 32m;
  client_body_buffer_size 32m;
  location / { content_by_lua_block { ${prefixOf(target)}.admin() } }
}`;
