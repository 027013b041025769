/** A write in reload mode: test a copy, take the fence, replace the file, reload, wait until fresh connections follow. */
import { GrayError, staleFence } from '../../../../domain/errors.ts';
import { type DesiredRoute, sameRoute } from '../../../../domain/route.ts';
import { checkTicket, expelFiles, highestTicket, replaceFile, takeTicket } from '../../haproxy/fence.ts';
import { readIfThere } from '../../haproxy/files.ts';
import { noSteps, type OnStep } from '../../haproxy/steps.ts';
import { fenceOf, forgetRoutes, routePath } from '../../route-files.ts';
import { testCandidate } from './candidate.ts';
import { generationIn, routeOf } from './routes.ts';
import { reload, runningGeneration } from './running.ts';
import { includeFor, type Site } from './site.ts';

/** For tests: where a writer may be frozen or killed, and how long a reload may take. */
export interface ReloadHooks {
  readonly onStep?: OnStep;
  readonly withinMs?: number;
}

/** Long lists are read anew, and a busy machine starts workers slowly. */
const usualWithinMs = 15_000;

/** A repeat of the route that runs, with its file as it should be, changes nothing and reloads nothing. */
export async function applyAt(site: Site, desired: DesiredRoute, hooks: ReloadHooks = {}): Promise<void> {
  const { onStep = noSteps, withinMs = usualWithinMs } = hooks;
  refuseOdd(site, desired);
  const { spec } = site;
  const { generation, text } = includeFor(site, desired);
  const running = await runningGeneration(spec);
  const file = await readIfThere(spec.include);
  if (running === generation && file === text) return;
  await refuseStale(site, desired, running, file);
  await testCandidate(spec, text);
  await onStep('tested');
  const ticket = await takeTicket(spec.include, desired, onStep);
  await expelFiles(ticket, [spec.include]);
  await replaceFile(routePath(spec.include, generation), JSON.stringify(desired), ticket, onStep);
  await replaceFile(spec.include, text, ticket, onStep);
  await onStep('reload');
  await reload(spec, { generation, check: () => checkTicket(ticket), withinMs });
  await forgetRoutes(spec.include, generation);
}

/** The fence is the highest of what runs, what the file says, and what anybody has begun to write. */
async function refuseStale(
  { spec, context }: Site,
  desired: DesiredRoute,
  running: string,
  file: string,
): Promise<void> {
  const highest = await highestTicket(spec.include);
  const seen = Math.max(highest?.fence ?? 0, fenceOf(running), fenceOf(generationIn(file)));
  if (seen > desired.fence) throw staleFence(desired.fence, seen, spec.include);
  for (const generation of new Set([running, generationIn(file)])) {
    if (generation === '' || fenceOf(generation) !== desired.fence) continue;
    const held = await routeOf(spec.include, generation, context);
    if (!sameRoute(held, desired)) throw staleFence(desired.fence, seen, spec.include);
  }
}

/** nginx holds texts of its lists in buckets of a fixed size. */
const longestBytes = 900;

function refuseOdd({ context, spec }: Site, { servers, split }: DesiredRoute): void {
  const known = context.servers.map(({ id }) => id);
  const named = Object.keys(servers);
  if (known.length !== named.length || known.some((id) => servers[id] === undefined)) {
    throw new GrayError('routerRefused', "the servers of the route are not the target's");
  }
  const texts = [...split.alwaysGray, ...split.alwaysStable, ...(split.segments ?? []).flatMap(({ values }) => values)];
  if (texts.some((text) => Buffer.byteLength(text) > longestBytes || /[\n\0]/.test(text))) {
    throw new GrayError(
      'routerRefused',
      `${spec.include}: a listed user or a value of a segment has more than ${longestBytes} bytes, or a line break`,
    );
  }
}
