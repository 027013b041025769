/** A server of the target, and the words for where it stands. */

/** The router's two groups of a target. One of them is called stable at a time; the other is gray. */
export type PoolName = 'a' | 'b';

/** Where the router keeps a server: in one of the pools, or out of rotation. */
export type Place = PoolName | 'out';

/** The two sides a request or a measurement belongs to. */
export type Arm = 'gray' | 'stable';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface TlsSpec {
  readonly serverName?: string;
  readonly caFile?: string;
}

/** One entry of the inventory, every default filled in. */
export interface ServerSpec {
  readonly id: string;
  readonly address: Address;
  /** Gets the new version first. */
  readonly gray: boolean;
  /** In no pool outside a release. */
  readonly spare: boolean;
  readonly zone?: string;
  /** Relative capacity; 100 is an ordinary server. */
  readonly weight: number;
  readonly tls?: TlsSpec;
  /** What the deployer needs to know of this server; its shape belongs to the deployer kind. */
  readonly deploy?: Readonly<Record<string, unknown>>;
  /** The router's own names of this server where they differ from `id`, one per pool. */
  readonly names?: { readonly a?: string; readonly b?: string };
  /** URL of this server's metrics where it is not the address plus the default path. */
  readonly metrics?: string;
}

export const otherPool = (pool: PoolName): PoolName => (pool === 'a' ? 'b' : 'a');

export const totalWeight = (servers: Iterable<{ readonly weight: number }>): number => {
  let sum = 0;
  for (const server of servers) sum += server.weight;
  return sum;
};
