/** What Envoy runs: the generation that its workers decide by, and the route behind it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GrayError } from '../../../domain/errors.ts';
import { routeAtRest } from '../../../domain/fence.ts';
import type { DesiredRoute, RouteState } from '../../../domain/route.ts';
import type { EnvoyRouterSpec } from '../../../domain/spec.ts';
import { joinPath, placeOf } from '../../base-url.ts';
import { askServer } from '../../server-request.ts';
import { highestTicket } from '../haproxy/fence.ts';
import { accepts } from '../haproxy/members.ts';
import { routeBehind, routePath } from '../route-files.ts';
import { type Hosts, hostsIn, instanceOf, placesOf, trafficOf } from './admin.ts';
import { generationPath } from './names.ts';
import { filesOf, type Site } from './site.ts';

interface Told {
  readonly generation: string;
  readonly worker: string;
}

/** The worker that takes this connection, which is a new one, tells by what it decides. */
async function askWorker({ probe }: EnvoyRouterSpec): Promise<Told> {
  const place = placeOf(probe);
  if (place === null) throw new GrayError('routerRefused', `${probe} is not an http URL`);
  const order = { path: joinPath(place.path, generationPath), timeoutMs: 2_000 };
  const { body } = await askServer(place.server, order).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerUnreachable', `no answer from Envoy at ${probe}: ${why}`, { cause });
  });
  const [, generation, worker] = /^generation=(\S*) worker=(\w+)$/.exec(body) ?? [];
  if (generation === undefined || worker === undefined) {
    throw new GrayError('routerRefused', `${probe} does not tell a generation; is gray.lua in its filters?`);
  }
  return { generation, worker };
}

/** Empty before the first release. */
export const runningGeneration = async (spec: EnvoyRouterSpec): Promise<string> => (await askWorker(spec)).generation;

/** Throws `routerRefused` where nobody here knows the generation: a router must not guess. */
export async function routeOf(site: Site, generation: string): Promise<DesiredRoute> {
  const { route } = filesOf(site);
  if (generation === '')
    return { ...routeAtRest(site.context.servers), fence: (await highestTicket(route))?.fence ?? 0 };
  const found = await routeBehind(route, generation);
  if (found !== null) return found;
  throw new GrayError(
    'routerRefused',
    `Envoy runs generation ${generation}, and ${routePath(route, generation)} does not tell its route; put the files at rest there while no release is open`,
  );
}

export interface Looked extends RouteState {
  readonly generation: string;
  readonly hosts: Hosts;
}

/** What runs, whatever lies in the files: a worker tells the generation, the main thread who is in which pool. */
export async function lookAt(site: Site): Promise<Looked> {
  const { spec, context } = site;
  const [generation, hosts, instance] = await Promise.all([
    runningGeneration(spec),
    hostsIn(site),
    instanceOf(spec.admin),
  ]);
  const route = { ...(await routeOf(site, generation)), servers: placesOf(hosts, context) };
  return { route, instance, servers: trafficOf(hosts, context), generation, hosts };
}

export interface Awaited {
  /** Throws when somebody newer has written meanwhile. */
  check(): Promise<void>;
  readonly withinMs: number;
}

/** Resolves when every one of the workers decides by `generation`. Throws `routeNotConfirmed`. */
export async function everyWorker(
  { spec }: Site,
  { generation, workers }: { readonly generation: string; readonly workers: number },
  { check, withinMs }: Awaited,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  const seen = new Set<string>();
  // A system may give new connections to few of its workers; those that get none decide nothing.
  for (let inARow = 0; seen.size < workers && inARow < 16 * workers; ) {
    const questions = seen.size === 0 ? 1 : workers;
    const told = await Promise.all(Array.from({ length: questions }, () => askWorker(spec)));
    const late = told.find((one) => one.generation !== generation);
    if (late === undefined) {
      for (const { worker } of told) seen.add(worker);
      inARow += told.length;
      continue;
    }
    seen.clear();
    inARow = 0;
    await check();
    if (performance.now() >= deadline)
      throw notTaken(spec, `decides by generation ${late.generation || 'none'}`, withinMs);
    await sleep(2);
  }
}

/** Resolves when Envoy has every server in its place. */
export async function everyPlace(
  site: Site,
  places: DesiredRoute['servers'],
  { check, withinMs }: Awaited,
): Promise<Hosts> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const hosts = await hostsIn(site);
    const found = placesOf(hosts, site.context);
    const wrong = Object.keys(places).filter((id) => found[id] !== places[id]);
    if (wrong.length === 0) return hosts;
    await check();
    if (performance.now() >= deadline) throw notTaken(site.spec, `has ${wrong.join(', ')} elsewhere`, withinMs);
    await sleep(5);
  }
}

/**
 * Resolves when Envoy takes those of the entering servers for alive that take connections; its checks may still be about
 * to see a server that was just started. A dead one enters as down and serves when its check passes.
 */
export async function everyAlive(site: Site, ids: readonly string[], withinMs = 3_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  const entering = site.context.servers.filter(({ id }) => ids.includes(id));
  const answers = await Promise.all(entering.map((server) => accepts(server, 500)));
  const alive = entering.filter((_, at) => answers[at]);
  while (alive.length > 0 && performance.now() < deadline) {
    const seen = trafficOf(await hostsIn(site), site.context);
    if (alive.every(({ id }) => seen[id]?.up)) return;
    await sleep(20);
  }
}

const notTaken = ({ dir }: EnvoyRouterSpec, found: string, withinMs: number) =>
  new GrayError(
    'routeNotConfirmed',
    `${withinMs / 1_000} s after its files in ${dir} were replaced Envoy still ${found}; its log says why`,
  );
