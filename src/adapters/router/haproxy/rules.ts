/** From a request to a backend, as HAProxy rules: the same assignment as `assign()` in src/domain/split.ts. */
import type { IdentitySpec } from '../../../domain/spec.ts';
import { configAtRest, configKey, segmentPrefix } from './map.ts';
import { fallbackTable, variables } from './names.ts';

export interface RulesOrder {
  readonly target: string;
  readonly identity: IdentitySpec;
  readonly map: string;
  readonly backends: { readonly a: string; readonly b: string };
}

export const splitRules = (order: RulesOrder): string =>
  [...identityRules(order), ...configRules(order), ...armRules(order), ...poolRules(order)]
    .map((line) => `  ${line}`)
    .join('\n');

/** Header before cookie; an empty one is none. `fhdr`, because `hdr` would cut an identity at its first comma. */
function identityRules({ target, identity }: RulesOrder): string[] {
  const uid = variables(target)('uid');
  const { header, cookie } = identity;
  return [
    '# who asks',
    ...(cookie === undefined ? [] : [`http-request set-var(${uid}) req.cook(${cookie})`]),
    ...(header === undefined
      ? []
      : [`http-request set-var(${uid}) req.fhdr(${header}) if { req.fhdr(${header}) -m len gt 0 }`]),
  ];
}

function configRules({ target, map, identity }: RulesOrder): string[] {
  const name = variables(target);
  const field = (variable: string, index: number, more = '') =>
    `http-request set-var(${name(variable)}) var(${name('cfg')}),field(${index},|)${more}`;
  return [
    '# one lookup gives the whole configuration, so that no request sees half a change',
    `http-request set-var(${name('cfg')}) str(${configKey}),map_str(${map},'${configAtRest}')`,
    field('bp', 2, ',add(0)'),
    field('salt', 3, ',url_dec'),
    field('rest', 4),
    field('stable', 5),
    field('period', 6),
    `http-request set-var(${name('key')}) var(${name('uid')}),url_enc`,
    `http-request set-var(${name('list')}) str(u:),concat(,${name('key')}),map_str(${map})`,
    ...segmentRules({ target, map, identity }),
  ];
}

/** A request may match by several headers; any is enough. */
function segmentRules({ target, map, identity: { segments = [] } }: Omit<RulesOrder, 'backends'>): string[] {
  const name = variables(target);
  return segments.flatMap((header) => {
    const once = `if { req.fhdr_cnt(${header}) eq 1 }`;
    return [
      `http-request set-var(${name('attr')}) req.fhdr(${header}),url_enc ${once}`,
      `http-request set-var(${name('seg')}) str(${segmentPrefix}${header}:),concat(,${name('attr')}),map_str(${map}) ${once}`,
    ];
  });
}

function armRules({ target, identity }: RulesOrder): string[] {
  const name = variables(target);
  const known = `{ var(${name('uid')}) -m len gt 0 }`;
  const set = (value: string, when = '') => `http-request set-var(${name('arm')}) ${value}${when}`;
  return [
    '# which arm, the last that fits: the share (never in period normal), no identity, segments, always gray, always stable',
    `http-request set-var(${name('over')}) var(${name('salt')}),concat(:,${name('uid')}),xxh32(0),mod(10000),sub(${name('bp')})`,
    set('str(stable)'),
    set('str(gray)', ` if ${known} !{ var(${name('period')}) -m str normal } { var(${name('over')}) -m int lt 0 }`),
    set(`var(${name('rest')})`, ` if !${known}`),
    ...(identity.segments === undefined ? [] : [set('str(gray)', ` if { var(${name('seg')}) -m found }`)]),
    set('str(gray)', ` if ${known} { var(${name('list')}) -m str gray }`),
    set(`var(${name('rest')})`, ` if ${known} { var(${name('list')}) -m str stable both }`),
  ];
}

function poolRules({ target, backends }: RulesOrder): string[] {
  const name = variables(target);
  const set = (variable: string, value: string, when: string) =>
    `http-request set-var(${name(variable)}) ${value}${when === '' ? '' : ` if ${when}`}`;
  const is = (variable: string, value: string) => `{ var(${name(variable)}) -m str ${value} }`;
  const empty = (pool: 'a' | 'b') => `{ nbsrv(${backends[pool]}) eq 0 }`;
  const serves = (pool: 'a' | 'b') => `{ nbsrv(${backends[pool]}) gt 0 }`;
  const fallen = `{ var(${name('fallback')}) -m found }`;
  return [
    '# which pool: gray is the one that is not called stable',
    set('pool', `var(${name('stable')})`, ''),
    set('pool', 'str(b)', `${is('arm', 'gray')} ${is('stable', 'a')}`),
    set('pool', 'str(a)', `${is('arm', 'gray')} ${is('stable', 'b')}`),
    '# a pool without a serving server hands its users to the other: counted as failures of the arm they belong to',
    set('fallback', `var(${name('arm')})`, `${is('pool', 'a')} ${empty('a')} ${serves('b')}`),
    set('fallback', `var(${name('arm')})`, `${is('pool', 'b')} ${empty('b')} ${serves('a')}`),
    set('served', `var(${name('pool')})`, ''),
    set('served', 'str(b)', `${fallen} ${is('pool', 'a')}`),
    set('served', 'str(a)', `${fallen} ${is('pool', 'b')}`),
    `http-request track-sc2 var(${name('fallback')}) table ${fallbackTable(target)} if ${fallen}`,
    '# the server may label its own metrics with the arm',
    `http-request set-header x-gray-arm %[var(${name('arm')})]`,
    `use_backend ${backends.a} if ${is('served', 'a')}`,
    `use_backend ${backends.b} if ${is('served', 'b')}`,
  ];
}
