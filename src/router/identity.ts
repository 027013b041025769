/** Who asks: the header first, then the cookie, as on every router. */
import type { IncomingHttpHeaders } from 'node:http';
import type { IdentitySpec } from '../domain/spec.ts';
import type { Attributes } from '../domain/split.ts';

export type ReadIdentity = (headers: IncomingHttpHeaders) => string | null;

/** The headers that may put a request into a segment: all of them, or none where clients could set them. */
export type ReadAttributes = (headers: IncomingHttpHeaders) => Attributes;

export const attributesReader =
  (trusted: boolean): ReadAttributes =>
  (headers) =>
    trusted ? headers : {};

export function identityReader({ header, cookie }: IdentitySpec): ReadIdentity {
  const name = header?.toLowerCase();
  return (headers) => {
    const told = name === undefined ? undefined : headers[name];
    if (typeof told === 'string' && told !== '') return utf8(told);
    return cookie === undefined ? null : cookieIn(headers.cookie ?? '', cookie);
  };
}

function cookieIn(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at === -1 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    return value === '' ? null : utf8(value);
  }
  return null;
}

/** Node reads header bytes as Latin-1; users, lists and hashes are UTF-8. */
const utf8 = (header: string): string => (plain.test(header) ? header : Buffer.from(header, 'latin1').toString('utf8'));

const plain = /^[\x20-\x7e]*$/;
