/**
 * The routes behind generations. nginx tells which generation runs; what that is lies beside the included file, one small
 * file each, written before the included file and never changed.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GrayError } from '../../../../domain/errors.ts';
import type { DesiredRoute } from '../../../../domain/route.ts';
import type { Place } from '../../../../domain/server.ts';
import { highestTicket } from '../../haproxy/fence.ts';
import { readIfThere } from '../../haproxy/files.ts';
import type { RouterContext } from '../../port.ts';
import { routeSchema } from '../../route-schema.ts';

export const routePath = (include: string, generation: string): string => `${include}.route.${generation}`;

/** Nobody has written, or the included file was emptied since: everybody on pool a. */
export function atRest({ servers }: Pick<RouterContext, 'servers'>, fence = 0): DesiredRoute {
  const places = servers.map(({ id, spare }): [string, Place] => [id, spare ? 'out' : 'a']);
  return {
    ...{ fence, release: '', period: 'normal', stable: 'a', servers: Object.fromEntries(places) },
    split: { shareBp: 0, salt: '', alwaysGray: [], alwaysStable: [], rest: 'stable' },
  };
}

/** Throws `routerRefused` where nobody here knows the generation: a router must not guess. */
export async function routeOf(include: string, generation: string, context: RouterContext): Promise<DesiredRoute> {
  if (generation === '') return atRest(context, (await highestTicket(include))?.fence ?? 0);
  const path = routePath(include, generation);
  const parsed = routeSchema.safeParse(json(await readIfThere(path)));
  if (parsed.success) return parsed.data;
  throw new GrayError(
    'routerRefused',
    `nginx runs generation ${generation}, and ${path} does not tell its route; empty ${include} and reload while no release is open`,
  );
}

/** The generation that the text of an included file names; empty where there is none. */
export const generationIn = (text: string): string =>
  /_generation \{ default ([0-9]+-[0-9a-f]{16}); \}$/m.exec(text)?.[1] ?? '';

/** Removes older routes. Some stay: whoever asked nginx just before still looks for one of them. */
export async function forgetRoutes(include: string, running: readonly string[]): Promise<void> {
  const highest = Math.max(...running.map(fenceOf));
  const prefix = `${basename(include)}.route.`;
  const names = (await readdir(dirname(include))).filter((name) => name.startsWith(prefix));
  const fences = names.map((name) => fenceOf(name.slice(prefix.length))).sort((one, other) => other - one);
  const oldest = fences.filter((fence) => fence <= highest)[kept] ?? 0;
  for (const name of names) {
    if (fenceOf(name.slice(prefix.length)) <= oldest) await rm(join(dirname(include), name), { force: true });
  }
}

const kept = 4;

/** The fence that a generation begins with; 0 for none. */
export const fenceOf = (generation: string): number => Number.parseInt(generation, 10) || 0;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
