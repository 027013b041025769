/** How a probe says who it is. Header values travel as Latin-1; users are UTF-8, as are lists and hashes. */
import type { IdentitySpec } from '../../domain/spec.ts';
import type { ProbeAttributes } from './confirmation.ts';

/** Headers of a probe: whose it is, and what puts it into a segment. */
export const probeHeaders = (identity: IdentitySpec, user: string | null, attributes: ProbeAttributes) => ({
  ...attributes,
  ...identityHeaders(identity, user),
});

export function identityHeaders({ header, cookie }: IdentitySpec, user: string | null): Record<string, string> {
  if (user === null) return {};
  const value = Buffer.from(user, 'utf8').toString('latin1');
  if (header !== undefined) return { [header]: value };
  return cookie === undefined ? {} : { cookie: `${cookie}=${value}` };
}
