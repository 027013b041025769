/**
 * A route as entries of a HAProxy map. `cfg` holds everything but the lists, so that one lookup gives a request the
 * whole configuration: `fence|shareBp|salt|rest|stable|period|release`. `u:<user>` holds `gray`, `stable` or `both`;
 * `s:<header>:<value>` the name of the segment that the value belongs to.
 */
import type { Period } from '../../../domain/phases.ts';
import type { DesiredRoute, Segment, Split } from '../../../domain/route.ts';
import type { PoolName } from '../../../domain/server.ts';

export interface MapEntry {
  readonly key: string;
  readonly value: string;
}

/** What a map can hold of a route: membership lives in the servers' own states. */
export type MappedRoute = Omit<DesiredRoute, 'servers'>;

export const configKey = 'cfg';
/** What a request meets while the map has no entry: everybody on pool a. */
export const configAtRest = '0|0||stable|a|normal|';
const userPrefix = 'u:';
export const segmentPrefix = 's:';

/** Percent-encoding exactly as HAProxy's `url_enc` does it: unreserved are letters, digits and `-_.~`. */
export const encodeUser = (user: string): string => encodeURIComponent(user).replace(/[!'()*]/g, percent);

const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

export function entriesOf(route: MappedRoute): MapEntry[] {
  const { split } = route;
  const listed = new Map<string, string>();
  for (const user of split.alwaysGray) listed.set(user, 'gray');
  for (const user of split.alwaysStable) listed.set(user, split.alwaysGray.includes(user) ? 'both' : 'stable');
  const users = [...listed].sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    { key: configKey, value: configOf(route) },
    ...users.map(([user, value]) => ({ key: userPrefix + encodeUser(user), value })),
    ...segmentEntries(split.segments ?? []),
  ];
}

/** A value that two segments name is in the first; a map with one key twice could not be told from another. */
function segmentEntries(segments: readonly Segment[]): MapEntry[] {
  const names = new Map<string, string>();
  for (const { name, header, values } of segments.toReversed())
    for (const value of values) names.set(`${segmentPrefix}${header}:${encodeUser(value)}`, name);
  return [...names].map(([key, value]) => ({ key, value }));
}

const configOf = ({ fence, release, period, stable, split }: MappedRoute): string =>
  [fence, split.shareBp, encodeUser(split.salt), split.rest, stable, period, encodeUser(release)].join('|');

/** The route in `entries`; null where they hold none. */
export function routeIn(entries: readonly MapEntry[]): MappedRoute | null {
  const config = entries.find(({ key }) => key === configKey);
  const parsed = config === undefined ? null : parseConfig(config.value);
  if (parsed === null) return null;
  const { split, ...route } = parsed;
  return { ...route, split: { ...split, ...listsIn(entries), ...segmentsIn(entries) } };
}

function listsIn(entries: readonly MapEntry[]): Pick<Split, 'alwaysGray' | 'alwaysStable'> {
  const alwaysGray: string[] = [];
  const alwaysStable: string[] = [];
  for (const { key, value } of entries) {
    if (!key.startsWith(userPrefix)) continue;
    const user = decode(key.slice(userPrefix.length));
    if (value !== 'stable') alwaysGray.push(user);
    if (value !== 'gray') alwaysStable.push(user);
  }
  return { alwaysGray, alwaysStable };
}

function segmentsIn(entries: readonly MapEntry[]): Pick<Split, 'segments'> {
  const found = new Map<string, { name: string; header: string; values: string[] }>();
  for (const { key, value: name } of entries) {
    const [, header, value] = /^s:([^:]+):(.*)$/.exec(key) ?? [];
    if (header === undefined || value === undefined) continue;
    const segment = found.get(`${name}:${header}`) ?? { name, header, values: [] };
    segment.values.push(decode(value));
    found.set(`${name}:${header}`, segment);
  }
  return found.size === 0 ? {} : { segments: [...found.values()] };
}

type Config = Omit<MappedRoute, 'split'> & { readonly split: Pick<Split, 'shareBp' | 'salt' | 'rest'> };

function parseConfig(text: string): Config | null {
  const [fence, shareBp, salt, rest, stable, period, release, ...more] = text.split('|');
  if (!isCount(fence) || !isCount(shareBp) || salt === undefined || release === undefined || more.length > 0)
    return null;
  if (!isRest(rest) || !isPool(stable) || !isPeriod(period)) return null;
  const split = { shareBp: Number(shareBp), salt: decode(salt), rest };
  return { fence: Number(fence), release: decode(release), period, stable, split };
}

const isCount = (text: string | undefined): text is string => text !== undefined && /^\d{1,15}$/.test(text);
const isRest = (text: string | undefined): text is Split['rest'] => text === 'stable' || text === 'gray';
const isPool = (text: string | undefined): text is PoolName => text === 'a' || text === 'b';
const isPeriod = (text: string | undefined): text is Period =>
  text === 'normal' || text === 'gray' || text === 'exception';

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The map file: what HAProxy loads at its next start. */
export const mapText = (entries: readonly MapEntry[]): string =>
  entries.map(({ key, value }) => `${key} ${value}\n`).join('');

/** Entries of a map file, or of `show map`, whose lines begin with the entry's address. */
export function parseMap(text: string, from: 'file' | 'dump' = 'file'): MapEntry[] {
  const line = from === 'file' ? /^(\S+)[ \t]+(\S*)/ : /^0x[0-9a-f]+ (\S+) (\S*)/;
  return text.split('\n').flatMap((row) => {
    const [, key, value] = line.exec(row) ?? [];
    return key === undefined || value === undefined || key.startsWith('#') ? [] : [{ key, value }];
  });
}
