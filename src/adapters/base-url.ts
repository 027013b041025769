/** Base URLs of a release file as addresses that `askServer` can ask. */
import type { TlsSpec } from '../domain/server.ts';
import type { Reachable } from './server-request.ts';

export interface Place {
  readonly server: Reachable;
  /** Path and query, starting with `/`. */
  readonly path: string;
}

/** Null for anything but an http or https URL. `tls` holds for https alone. Never quotes the URL: it may hold a secret. */
export function placeOf(url: string, tls: TlsSpec = {}): Place | null {
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port, pathname, search } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  const secure = protocol === 'https:';
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (secure ? 443 : 80) : Number(port) };
  return { server: secure ? { address, tls } : { address }, path: pathname + search };
}

/** `/base/` and `/path?x` give `/base/path?x`. */
export const joinPath = (base: string, path: string): string => base.replace(/\/$/, '') + path;
