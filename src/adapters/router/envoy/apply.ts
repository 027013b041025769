/** A write: take the fence, let servers enter, replace the route, let servers leave; each step is seen in Envoy before the next. */
import { isIP } from 'node:net';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import { type DesiredRoute, type RouteState, sameRoute } from '../../../domain/route.ts';
import type { Place } from '../../../domain/server.ts';
import { checkTicket, expelFiles, highestTicket, replaceFile, type Ticket, takeTicket } from '../haproxy/fence.ts';
import { readIfThere } from '../haproxy/files.ts';
import { noSteps, type OnStep } from '../haproxy/steps.ts';
import { fenceOf, forgetRoutes, routePath } from '../route-files.ts';
import { type Hosts, hostsIn, instanceOf, placesOf, trafficOf, workersOf } from './admin.ts';
import { generationIn } from './drift.ts';
import { type Awaited, everyAlive, everyPlace, everyWorker, lookAt, routeOf, runningGeneration } from './running.ts';
import { filesOf, generationAt, routeFile, type Site, serverFiles } from './site.ts';

/** For tests: where a writer may be frozen or killed, and how long Envoy may take to follow. */
export interface EnvoyHooks {
  readonly onStep?: OnStep;
  readonly withinMs?: number;
}

const usualWithinMs = 15_000;

/**
 * A repeat of the route that runs, with its files as they should be, changes nothing. What is returned was seen step by
 * step, by every worker: it needs no further look.
 */
export async function applyAt(site: Site, desired: DesiredRoute, hooks: EnvoyHooks = {}): Promise<RouteState> {
  refuseOdd(site, desired);
  const generation = generationAt(site, desired);
  const text = routeFile(site, desired);
  const [running, file] = await Promise.all([runningGeneration(site.spec), readIfThere(filesOf(site).route)]);
  await refuseStale(site, desired, [running, generationIn(file)]);
  const follows = running === generation && file === text;
  if (follows && (await followsServers(site, desired.servers, await hostsIn(site)))) return lookAt(site);
  return write(await begin(site, desired, hooks), { desired, generation, text, follows });
}

/** From here on nobody older writes. */
async function begin(site: Site, desired: DesiredRoute, hooks: EnvoyHooks): Promise<Writing> {
  const { onStep = noSteps, withinMs = usualWithinMs } = hooks;
  const { route, servers } = filesOf(site);
  const ticket = await takeTicket(route, desired, onStep);
  await expelFiles(ticket, [route, servers.a, servers.b]);
  return { site, ticket, onStep, awaited: { check: () => checkTicket(ticket), withinMs } };
}

interface Wanted {
  readonly desired: DesiredRoute;
  readonly generation: string;
  /** Of the route file. */
  readonly text: string;
  /** File and Envoy have it already. */
  readonly follows: boolean;
}

async function write(writing: Writing, { desired, generation, text, follows }: Wanted): Promise<RouteState> {
  const { site, ticket, onStep, awaited } = writing;
  const { admin } = site.spec;
  const { route } = filesOf(site);
  const [held, workers, instance] = await Promise.all([
    hostsIn(site),
    workersOf(admin),
    instanceOf(admin),
    replaceFile(routePath(route, generation), JSON.stringify(desired), ticket, onStep),
  ]);
  const entered = await enter(writing, held, desired.servers);
  if (!follows) await replaceFile(route, text, ticket, onStep);
  await onStep('follow');
  await everyWorker(site, { generation, workers }, awaited);
  const found = await place(writing, desired.servers, entered);
  await forgetRoutes(route, generation);
  return { route: desired, instance, servers: trafficOf(found, site.context) };
}

interface Writing {
  readonly site: Site;
  readonly ticket: Ticket;
  readonly onStep: OnStep;
  readonly awaited: Awaited;
}

type Places = Readonly<Record<string, Place>>;

async function enter(writing: Writing, held: Hosts, desired: Places): Promise<Hosts> {
  const before = placesOf(held, writing.site.context);
  const first = placesBetween(before, desired);
  const found = await place(writing, first, held);
  const entering = Object.keys(first).filter((id) => before[id] === 'out' && first[id] !== 'out');
  await everyAlive(writing.site, entering);
  return found;
}

/** Who enters is there before the share that needs it; who leaves or changes the pool does so at the end. */
const placesBetween = (held: Places, desired: Places): Places =>
  Object.fromEntries(
    Object.entries(desired).map(([id, wanted]) => [id, held[id] === 'out' ? wanted : (held[id] ?? wanted)]),
  );

/**
 * Where Envoy has the servers afterwards. Files that are right already are replaced all the same where Envoy does not
 * follow them: it may have missed one.
 */
async function place({ site, ticket, onStep, awaited }: Writing, places: Places, held: Hosts): Promise<Hosts> {
  if (await followsServers(site, places, held)) return held;
  for (const [path, text] of serverFiles(site, places)) await replaceFile(path, text, ticket, onStep);
  return everyPlace(site, places, awaited);
}

async function followsServers(site: Site, places: Places, held: Hosts): Promise<boolean> {
  const found = placesOf(held, site.context);
  const right = serverFiles(site, places).map(async ([path, text]) => (await readIfThere(path)) === text);
  return Object.keys(places).every((id) => found[id] === places[id]) && (await Promise.all(right)).every(Boolean);
}

/** The fence is the highest of what runs, what the file says, and what anybody has begun to write. */
async function refuseStale(site: Site, desired: DesiredRoute, generations: readonly string[]): Promise<void> {
  const { route } = filesOf(site);
  const highest = await highestTicket(route);
  const seen = Math.max(highest?.fence ?? 0, ...generations.map(fenceOf));
  if (seen > desired.fence) throw staleFence(desired.fence, seen, site.spec.dir);
  for (const generation of new Set(generations)) {
    if (generation === '' || fenceOf(generation) !== desired.fence) continue;
    if (!sameRoute(await routeOf(site, generation), desired)) throw staleFence(desired.fence, seen, site.spec.dir);
  }
}

function refuseOdd({ context, spec }: Site, { servers, split }: DesiredRoute): void {
  const refuse = (why: string) => new GrayError('routerRefused', `${spec.dir}: ${why}`);
  const known = context.servers.map(({ id }) => id);
  if (known.length !== Object.keys(servers).length || known.some((id) => servers[id] === undefined)) {
    throw refuse("the servers of the route are not the target's");
  }
  const named = context.servers.filter(({ address }) => isIP(address.host) === 0).map(({ id }) => id);
  if (named.length > 0) throw refuse(`Envoy needs IP addresses, not names: ${named.join(', ')}`);
  const texts = [...split.alwaysGray, ...split.alwaysStable, ...(split.segments ?? []).flatMap(({ values }) => values)];
  if (texts.some((text) => /[\n\0]/.test(text) || Buffer.from(text).toString() !== text)) {
    throw refuse('a listed user or a value of a segment has a line break or is no Unicode text');
  }
}
