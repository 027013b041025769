/** The route behind the generation that nginx runs. */
import { GrayError } from '../../../../domain/errors.ts';
import { routeAtRest } from '../../../../domain/fence.ts';
import type { DesiredRoute } from '../../../../domain/route.ts';
import { highestTicket } from '../../haproxy/fence.ts';
import type { RouterContext } from '../../port.ts';
import { routeBehind, routePath } from '../../route-files.ts';

/** Throws `routerRefused` where nobody here knows the generation: a router must not guess. */
export async function routeOf(include: string, generation: string, { servers }: RouterContext): Promise<DesiredRoute> {
  // Nobody has written, or the included file was emptied since: everybody on pool a.
  if (generation === '') return { ...routeAtRest(servers), fence: (await highestTicket(include))?.fence ?? 0 };
  const route = await routeBehind(include, generation);
  if (route !== null) return route;
  throw new GrayError(
    'routerRefused',
    `nginx runs generation ${generation}, and ${routePath(include, generation)} does not tell its route; empty ${include} and reload while no release is open`,
  );
}

/** The generation that the text of an included file names; empty where there is none. */
export const generationIn = (text: string): string =>
  /_generation \{ default ([0-9]+-[0-9a-f]{16}); \}$/m.exec(text)?.[1] ?? '';
