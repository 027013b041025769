/** What the router contract needs around an adapter. Each adapter's test builds one; hooks end what they start. */
import type { Router } from '../../../src/adapters/router/port.ts';
import type { VersionProbe } from '../../../src/domain/artifact.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import type { PoolName, ServerSpec } from '../../../src/domain/server.ts';

export interface RouterBench {
  /** A new handle on the same router, as another worker would have. */
  connect(): Router;
  /** Where it consists of several: each by itself. */
  each?(): readonly Router[];
  /** At least five, one of them spare: two for each pool and one left out. */
  readonly servers: readonly ServerSpec[];
  readonly version: VersionProbe;
  /** The version `server` names from now on; '1' at the start. */
  setVersion(server: string, version: string): void;
  /** A whole request of `user` (null: no identity) at the entrance; never retried. Throws when it was lost. */
  request(user: string | null, entrance?: Entrance, connection?: Connection, attributes?: Attributes): Promise<Answer>;
  /** A request that stays open at the server until it is ended; resolves once the server has it. */
  open(user: string | null): Promise<OpenRequest>;
  /** The same with a connection that was upgraded and stays, such as a websocket. */
  stream?(user: string | null): Promise<OpenRequest>;
  /** The server dies at once, its sessions with it. */
  stopServer(server: string): Promise<void>;
  startServer(server: string): Promise<void>;
  /** The router dies without a chance to clean up and is started again. */
  restart(): Promise<void>;
  /** Somebody edits the router by hand, past its fence, in whatever way that is possible there. */
  drift(edit: (route: DesiredRoute) => DesiredRoute): Promise<void>;
  /** For `also: counters`. Requests that each pool answered, as the router itself counts them. */
  counted?(): Promise<Readonly<Record<PoolName, number>>>;
  /** For `also: credentials`. A handle whose credentials do not let it write. */
  stranger?(): Router;
  /** For `also: full disk`. No file can be written where the router keeps its state, until the returned call. */
  fillDisk?(): Promise<() => Promise<void>>;
  end(): Promise<void>;
}

/** Further headers of a request. */
export type Attributes = Readonly<Record<string, string>>;

export type Entrance = 'public' | 'probe';

/** `kept`: one that was used before may be used again. */
export type Connection = 'kept' | 'fresh';

export interface Answer {
  readonly status: number;
  /** The server that answered; null when the router answered itself. */
  readonly server: string | null;
}

export interface OpenRequest {
  readonly server: string;
  /** `answered`: the server ended it. `closed`: it was cut. */
  readonly ended: Promise<'answered' | 'closed'>;
  /** Lets the server answer. */
  end(): void;
}
