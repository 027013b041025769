/** What load to make. The options travel to the load process as one JSON argument. */

export interface LoadOptions {
  /** Base URL of the entrance that users take. */
  readonly url: string;
  readonly path: string;
  /** Simulated users, each with an identity that never changes. */
  readonly users: number;
  /** Requests a second, sent whether or not earlier ones were answered. */
  readonly rate: number;
  /** Fraction of the requests that carry no identity. */
  readonly anonymousPart: number;
  /** Fraction of the requests on a connection of their own; the others share kept-alive ones. */
  readonly freshPart: number;
  /** How a request says who asks. */
  readonly identity: { readonly header: string } | { readonly cookie: string };
  /** Response headers in which a server names itself. An answer without them came from no server. */
  readonly answeredBy: { readonly version: string; readonly server: string };
  /** An answer that takes longer is lost. */
  readonly timeoutMs: number;
  /** The same seed sends the same users in the same order. */
  readonly seed: number;
}

export const defaultLoad = {
  path: '/',
  users: 400,
  rate: 300,
  anonymousPart: 0.1,
  freshPart: 0.1,
  identity: { header: 'x-user-id' },
  answeredBy: { version: 'x-version', server: 'x-server' },
  timeoutMs: 10_000,
  seed: 1,
} as const satisfies Omit<LoadOptions, 'url'>;

export const userName = (n: number): string => `user-${String(n).padStart(4, '0')}`;
