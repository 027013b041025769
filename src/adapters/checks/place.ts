/** Where a check is asked, as something to send a request to. */
import type { ServerSpec } from '../../domain/server.ts';
import type { IdentitySpec } from '../../domain/spec.ts';
import { joinPath, placeOf } from '../base-url.ts';
import type { Reachable } from '../server-request.ts';
import type { CheckPlace } from './port.ts';

export interface Asked {
  readonly server: Reachable;
  readonly path: string;
}

/** Null when the entrance is no http URL. */
export function askedAt(where: CheckPlace, path: string): Asked | null {
  if (where.at === 'server') return { server: where.server, path };
  const entrance = placeOf(where.entrance);
  return entrance && { server: entrance.server, path: joinPath(entrance.path, path) };
}

export const baseUrl = (where: CheckPlace): string =>
  where.at === 'router' ? where.entrance.replace(/\/$/, '') : serverUrl(where.server);

const serverUrl = ({ address: { host, port }, tls }: ServerSpec): string =>
  `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** What makes the router take the request for `user`'s: the header where it reads one, else the cookie. */
export function identityHeaders(identity: IdentitySpec, user: string, cookies = ''): Readonly<Record<string, string>> {
  if (identity.header !== undefined) return { [identity.header]: user };
  if (identity.cookie === undefined) return {};
  const own = `${identity.cookie}=${user}`;
  return { cookie: cookies === '' ? own : `${cookies}; ${own}` };
}
