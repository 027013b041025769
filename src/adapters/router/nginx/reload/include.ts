/** The file that nginx includes: a whole route in stock nginx's own words, the same rule as `assign()` in src/domain/split.ts. */
import { createHash } from 'node:crypto';
import { canonical, type DesiredRoute, type Segment } from '../../../../domain/route.ts';
import { otherPool, type PoolName, type ServerSpec } from '../../../../domain/server.ts';
import type { IdentitySpec } from '../../../../domain/spec.ts';
import { allUsersBp, effectiveShareBp } from '../../../../domain/split.ts';
import { exactMap } from './exact.ts';
import { headerVariable, prefixOf, quotedValue } from './names.ts';

export interface IncludeOrder {
  readonly target: string;
  readonly identity: IdentitySpec;
  readonly servers: readonly ServerSpec[];
}

export interface Include {
  /** Fence, and a digest of all that the file says. */
  readonly generation: string;
  readonly text: string;
}

export function includeOf(route: DesiredRoute, order: IncludeOrder): Include {
  const prefix = prefixOf(order.target);
  const rules = [
    `geo $${prefix}_dollar { default "$"; }`,
    constant(prefix, 'fence', String(route.fence)),
    constant(prefix, 'period', route.period),
    ...armRules(prefix, route, order.identity),
    ...poolRules(prefix, route),
    ...(['a', 'b'] as const).map((pool) => upstream(prefix, route, order.servers, pool)),
    ...servedRules(prefix, route, order.servers),
  ].join('\n');
  const digest = createHash('sha256').update(canonical(route)).update(rules).digest('hex').slice(0, 16);
  const generation = `${route.fence}-${digest}`;
  const head = `# Written by gray-release; changes by hand are found and overwritten.\n# release: ${oneLine(route.release)}`;
  return { generation, text: `${head}\n${constant(prefix, 'generation', generation)}\n${rules}\n` };
}

const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1_000);

const constant = (prefix: string, name: string, value: string): string =>
  `map "" $${prefix}_${name} { default ${value}; }`;

/** Lists, then segments, then who has no identity, then the share. */
function armRules(prefix: string, { period, split }: DesiredRoute, identity: IdentitySpec): string[] {
  const name = (last: string) => `$${prefix}_${last}`;
  const segments = segmentRules(prefix, split.segments ?? []);
  return [
    userRule(name('user'), identity),
    exactMap({
      ...{ prefix, source: name('user'), name: name('list') },
      groups: [
        ['stable', split.alwaysStable],
        ['gray', split.alwaysGray],
      ],
    }),
    ...segments.rules,
    shareRule(prefix, split.salt, effectiveShareBp({ period, split })),
    `map ${name('user')} ${name('drawn')} { "" ${split.rest}; default ${name('share')}; }`,
    `map "${segments.found}" ${name('ladder')} { "" ${name('drawn')}; default gray; }`,
    `map ${name('list')} ${name('arm')} { stable ${split.rest}; gray gray; default ${name('ladder')}; }`,
  ];
}

function userRule(name: string, { header, cookie }: IdentitySpec): string {
  const [first, second = '""'] = [
    ...(header === undefined ? [] : [headerVariable(header)]),
    ...(cookie === undefined ? [] : [`$cookie_${cookie}`]),
  ];
  return `map ${first} ${name} { "" ${second}; default ${first}; }`;
}

/** nginx has no 0 %: at the ends everybody has one arm. */
function shareRule(prefix: string, salt: string, shareBp: number): string {
  const gray = shareBp === 0 ? '' : shareBp === allUsersBp ? '* gray; ' : `${(shareBp / 100).toFixed(2)}% gray; `;
  const stable = shareBp === allUsersBp ? '' : '* stable; ';
  const source = quotedValue(prefix, `${salt}:`).replace(/"$/, `\${${prefix}_user}"`);
  return `split_clients ${source} $${prefix}_share { ${gray}${stable}}`;
}

/** One look-up for each header. `found` is not empty where one of them fits. */
function segmentRules(
  prefix: string,
  segments: readonly Segment[],
): { readonly rules: string[]; readonly found: string } {
  const headers = [...new Set(segments.map(({ header }) => header))];
  const names = headers.map((_, at) => `$${prefix}_segment${at}`);
  const rules = headers.map((header, at) =>
    exactMap({
      ...{ prefix, source: headerVariable(header), name: names[at] ?? '' },
      groups: [['gray', segments.filter((one) => one.header === header).flatMap(({ values }) => values)]],
    }),
  );
  return { rules, found: names.join('') };
}

function poolRules(prefix: string, { stable }: DesiredRoute): string[] {
  const name = (last: string) => `$${prefix}_${last}`;
  return [
    `map ${name('arm')} ${name('pool')} { gray ${otherPool(stable)}; default ${stable}; }`,
    `map ${name('pool')} ${name('upstream')} { default ${prefix}_$${prefix}_pool; }`,
  ];
}

/** The other pool stands in while no server of this one serves. */
function upstream(prefix: string, route: DesiredRoute, servers: readonly ServerSpec[], pool: PoolName): string {
  const [own, other] = [pool, otherPool(pool)].map((name) => servers.filter(({ id }) => route.servers[id] === name));
  const [first = [], second = []] = own?.length === 0 ? [other] : [own, other];
  const lines = [...first.map((server) => line(server)), ...second.map((server) => line(server, ' backup'))];
  return `upstream ${prefix}_${pool} {\n${(lines.length === 0 ? ['  server 127.0.0.1:1 down;'] : lines).join('\n')}\n}`;
}

export const addressOf = ({ address }: ServerSpec): string => `${address.host}:${address.port}`;

const line = (server: ServerSpec, more = ''): string =>
  `  server ${addressOf(server)} weight=${server.weight} max_fails=1 fail_timeout=1s${more};`;

/** Which server and pool answered, for probes: the last one that nginx tried. */
function servedRules(prefix: string, route: DesiredRoute, servers: readonly ServerSpec[]): string[] {
  const name = (last: string) => `$${prefix}_${last}`;
  const pooled = servers.filter(({ id }) => route.servers[id] !== 'out');
  const rows = (value: (server: ServerSpec) => string | undefined) =>
    pooled.map((server) => `  ${addressOf(server)} ${value(server)};`).join('\n');
  return [
    `map $upstream_addr ${name('last')} { default ""; "~(?<${prefix}_tried>[^ ,]+)$" ${name('tried')}; }`,
    `map ${name('last')} ${name('served')} {\n  default "";\n${rows(({ id }) => route.servers[id])}\n}`,
    `map ${name('last')} ${name('server')} {\n  default "";\n${rows(({ id }) => id)}\n}`,
  ];
}
