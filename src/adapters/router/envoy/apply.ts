/** A write: take the fence, let servers enter, replace the route, let servers leave; each step is seen in Envoy before the next. */
import { isIP } from 'node:net';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import { type DesiredRoute, sameRoute } from '../../../domain/route.ts';
import type { Place } from '../../../domain/server.ts';
import { checkTicket, expelFiles, highestTicket, replaceFile, type Ticket, takeTicket } from '../haproxy/fence.ts';
import { readIfThere } from '../haproxy/files.ts';
import { noSteps, type OnStep } from '../haproxy/steps.ts';
import { fenceOf, forgetRoutes, routePath } from '../route-files.ts';
import { hostsIn, placesOf } from './admin.ts';
import { generationIn } from './drift.ts';
import { type Awaited, everyAlive, everyPlace, everyWorker, routeOf, runningGeneration } from './running.ts';
import { filesOf, generationAt, routeFile, type Site, serverFiles } from './site.ts';

/** For tests: where a writer may be frozen or killed, and how long Envoy may take to follow. */
export interface EnvoyHooks {
  readonly onStep?: OnStep;
  readonly withinMs?: number;
}

const usualWithinMs = 15_000;

/** A repeat of the route that runs, with its files as they should be, changes nothing. */
export async function applyAt(site: Site, desired: DesiredRoute, hooks: EnvoyHooks = {}): Promise<void> {
  const { onStep = noSteps, withinMs = usualWithinMs } = hooks;
  refuseOdd(site, desired);
  const { route, servers } = filesOf(site);
  const generation = generationAt(site, desired);
  const running = await runningGeneration(site.spec);
  const file = await readIfThere(route);
  await refuseStale(site, desired, [running, generationIn(file)]);
  const text = routeFile(site, desired);
  if (running === generation && file === text && (await followsServers(site, desired.servers))) return;
  const ticket = await takeTicket(route, desired, onStep);
  await expelFiles(ticket, [route, servers.a, servers.b]);
  const writing: Writing = { site, ticket, onStep, awaited: { check: () => checkTicket(ticket), withinMs } };
  const held = placesOf(await hostsIn(site), site.context);
  const first = entered(held, desired.servers);
  await place(writing, first);
  await everyAlive(
    site,
    Object.keys(first).filter((id) => held[id] === 'out' && first[id] !== 'out'),
  );
  await replaceFile(routePath(route, generation), JSON.stringify(desired), ticket, onStep);
  if (file !== text || running !== generation) await replaceFile(route, text, ticket, onStep);
  await onStep('follow');
  await everyWorker(site, generation, writing.awaited);
  await place(writing, desired.servers);
  await forgetRoutes(route, generation);
}

interface Writing {
  readonly site: Site;
  readonly ticket: Ticket;
  readonly onStep: OnStep;
  readonly awaited: Awaited;
}

type Places = Readonly<Record<string, Place>>;

/** Who enters is there before the share that needs it; who leaves or changes the pool does so at the end. */
const entered = (held: Places, desired: Places): Places =>
  Object.fromEntries(
    Object.entries(desired).map(([id, wanted]) => [id, held[id] === 'out' ? wanted : (held[id] ?? wanted)]),
  );

/** Files that are right already are replaced all the same where Envoy does not follow them: it may have missed one. */
async function place({ site, ticket, onStep, awaited }: Writing, places: Places): Promise<void> {
  if (await followsServers(site, places)) return;
  for (const [path, text] of serverFiles(site, places)) await replaceFile(path, text, ticket, onStep);
  await everyPlace(site, places, awaited);
}

async function followsServers(site: Site, places: Places): Promise<boolean> {
  for (const [path, text] of serverFiles(site, places)) if ((await readIfThere(path)) !== text) return false;
  const found = placesOf(await hostsIn(site), site.context);
  return Object.keys(places).every((id) => found[id] === places[id]);
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
