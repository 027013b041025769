/** One Envoy, as the parts of its adapter need it. */
import type { DesiredRoute } from '../../../domain/route.ts';
import type { Place } from '../../../domain/server.ts';
import type { EnvoyRouterSpec } from '../../../domain/spec.ts';
import type { RouterContext } from '../port.ts';
import { type EnvoyFiles, filesIn } from './names.ts';
import { generationOf, type ResourceOrder, routeText, serversText } from './resources.ts';

export interface Site {
  readonly spec: EnvoyRouterSpec;
  readonly context: RouterContext;
}

export const filesOf = ({ spec }: Site): EnvoyFiles => filesIn(spec.dir);

const orderOf = ({ spec, context }: Site): ResourceOrder => ({ ...context, identity: spec.identity });

export const generationAt = (site: Site, route: DesiredRoute): string => generationOf(route, orderOf(site));

/** What the files have to say: by path. */
export function serverFiles(
  site: Site,
  places: Readonly<Record<string, Place>>,
): readonly (readonly [string, string])[] {
  const { servers } = filesOf(site);
  return (['a', 'b'] as const).map((pool) => [servers[pool], serversText(places, site.context, pool)]);
}

export const routeFile = (site: Site, route: DesiredRoute): string =>
  routeText(route, orderOf(site), generationAt(site, route));
