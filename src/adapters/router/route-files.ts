/**
 * The routes behind generations, for routers that follow files and tell only which generation they run: one small file
 * each beside the followed one, written before it and never changed.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DesiredRoute } from '../../domain/route.ts';
import { parsedJson } from '../parsed-json.ts';
import { readIfThere } from './haproxy/files.ts';
import { routeSchema } from './route-schema.ts';

export const routePath = (followed: string, generation: string): string => `${followed}.route.${generation}`;

/** Null where nobody here knows the generation: a router must not guess. */
export async function routeBehind(followed: string, generation: string): Promise<DesiredRoute | null> {
  return routeSchema.safeParse(parsedJson(await readIfThere(routePath(followed, generation)))).data ?? null;
}

/** Removes older routes. Some stay: whoever asked the router just before still looks for one of them. */
export async function forgetRoutes(followed: string, running: string): Promise<void> {
  const prefix = `${basename(followed)}.route.`;
  const names = (await readdir(dirname(followed))).filter((name) => name.startsWith(prefix));
  const fences = names.map((name) => fenceOf(name.slice(prefix.length))).sort((one, other) => other - one);
  const oldest = fences.filter((fence) => fence <= fenceOf(running))[kept] ?? 0;
  for (const name of names) {
    if (fenceOf(name.slice(prefix.length)) <= oldest) await rm(join(dirname(followed), name), { force: true });
  }
}

const kept = 4;

/** The fence that a generation begins with; 0 for none. */
export const fenceOf = (generation: string): number => Number.parseInt(generation, 10) || 0;
