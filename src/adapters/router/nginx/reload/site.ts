/** One nginx in reload mode, as the parts of its adapter need it. */

import type { DesiredRoute } from '../../../../domain/route.ts';
import type { NginxReloadRouterSpec } from '../../../../domain/spec.ts';
import type { RouterContext } from '../../port.ts';
import { type Include, includeOf } from './include.ts';

export interface Site {
  readonly spec: NginxReloadRouterSpec;
  readonly context: RouterContext;
}

/** What the included file has to say for `route`. */
export const includeFor = ({ spec, context }: Site, route: DesiredRoute): Include =>
  includeOf(route, { target: context.target, identity: spec.identity, servers: context.servers });
