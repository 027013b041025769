/** What the benchmark needs of a router. A new one is a file in `entries/` and a line in its index. */
import type { Router, RouterAbilities } from '../../src/adapters/router/port.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { ServerSpec } from '../../src/domain/server.ts';

export interface RouterEntry {
  /** As the tables show it; a kind with two modes has two entries. */
  readonly name: string;
  /** Its page in docs/adapters, without `.md`; null where it has none. */
  readonly page: string | null;
  readonly abilities: RouterAbilities;
  /** One of these has to be on the path; null needs none. */
  readonly program: readonly [string, ...string[]] | null;
  /** What a table should say and no ability does, such as what was not run; a few words. */
  readonly note?: string;
  /** Starts the real program before `servers`; null where it cannot be measured here, with the reason in `note`. */
  readonly start: ((servers: readonly ServerSpec[]) => Promise<BenchedRouter>) | null;
}

export interface BenchedRouter {
  /** A new handle, as another worker would have. */
  connect(): Router;
  /** Base URL of the public entrance; users are read from the header `x-user-id`. */
  readonly entrance: string;
  /**
   * The same change as a person's script would make it durable with this router's own means: no fence, no reading back,
   * no probes. What set + confirm is measured against.
   */
  bare(route: DesiredRoute): Promise<void>;
  end(): Promise<void>;
}
