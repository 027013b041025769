/** Every reason not to start, gathered: nothing has been touched yet. */
import type { Deployer, ServerReading } from '../src/adapters/deployer/port.ts';
import type { Artifact } from '../src/domain/artifact.ts';
import { GrayError, type Problem } from '../src/domain/errors.ts';
import type { DesiredRoute, RouteState } from '../src/domain/route.ts';
import type { ReleaseRequest, ReleaseSpec } from '../src/domain/spec.ts';

export type Readings = ReadonlyMap<string, ServerReading>;
/** What each server returns to. */
export type Bases = ReadonlyMap<string, Artifact>;

interface World {
  readonly routed: RouteState;
  readonly readings: Readings;
  readonly bases: Bases;
}

export async function problemsOf(deployer: Deployer, request: ReleaseRequest, world: World): Promise<Problem[]> {
  const { routed, readings, bases } = world;
  return [
    ...routeProblems(request, routed),
    ...readingProblems(request, readings, bases),
    ...noReturnProblems(request, readings),
    ...strayProblems(request, readings, bases),
    ...rehearsalProblems(request, readings),
    ...floorProblems(request, world),
    ...(await availabilityProblems(deployer, request, readings, bases)),
  ];
}

/**
 * A rollback is also the way out of a period that a lost release left behind; a rehearsal is the way out of one that a lost
 * rehearsal left behind, once users are off gray.
 */
function routeProblems({ spec, mode }: ReleaseRequest, { route, servers }: RouteState): Problem[] {
  const known = new Set([...Object.keys(route.servers), ...Object.keys(servers)]);
  const unknown = spec.servers.flatMap(({ id }) =>
    known.has(id) ? [] : [{ path: `servers.${id}`, message: 'the router does not know this server' }],
  );
  const usual = route.period === 'normal' || (mode === 'rehearsal' && nobodyOnGray(spec, route));
  if (mode === 'rollback' || usual) return unknown;
  const since = `the router is in period ${route.period} since ${route.release || 'an unknown writer'}`;
  const then = mode === 'rehearsal' ? 'start the rehearsal again' : '`gray rollback` (of a lost rehearsal: it again)';
  return [
    { path: 'router', message: `${since}; take users off with \`gray abort --direct\`, then ${then}` },
    ...unknown,
  ];
}

function nobodyOnGray({ servers }: ReleaseSpec, { stable, split, servers: places }: DesiredRoute): boolean {
  const lists = split.alwaysGray.length > 0 || split.segments !== undefined || split.rest === 'gray';
  return (
    split.shareBp === 0 && !lists && servers.every(({ id, gray, spare }) => gray || spare || places[id] === stable)
  );
}

function readingProblems({ spec, mode }: ReleaseRequest, readings: Readings, bases: Bases): Problem[] {
  return spec.servers.flatMap(({ id }) => {
    const reading = readings.get(id);
    if (mode !== 'rollback' && !reading?.running) {
      return [{ path: `servers.${id}`, message: `does not tell its version: ${reading?.reason ?? 'no answer'}` }];
    }
    if (bases.has(id)) return [];
    return [{ path: `servers.${id}`, message: 'no base version is recorded here; name one as `base:`' }];
  });
}

/** Once servers that are not gray run the version, a declared point of no return is behind it. */
function noReturnProblems({ spec, mode }: ReleaseRequest, readings: Readings): Problem[] {
  if (mode !== 'rollback' || spec.data.pointOfNoReturn === undefined) return [];
  const leveled = spec.servers.some(
    ({ id, gray }) => !gray && readings.get(id)?.running?.digest === spec.artifact.digest,
  );
  const message = 'the declared point of no return is behind this release: data can only go forward';
  return leveled ? [{ path: 'data.pointOfNoReturn', message }] : [];
}

function strayProblems({ spec, mode }: ReleaseRequest, readings: Readings, bases: Bases): Problem[] {
  if (mode !== 'release' || spec.deployment.strays === 'bring-to-base') return [];
  return spec.servers.flatMap(({ id, gray }) => {
    const running = readings.get(id)?.running;
    const base = bases.get(id);
    if (gray || !running || base === undefined || running.digest === base.digest) return [];
    return [
      {
        path: `servers.${id}`,
        message: `runs ${running.version}, the others ${base.version} (deployment.strays: refuse)`,
      },
    ];
  });
}

/** Both arms of a rehearsal run the same build, or it would measure their difference. */
function rehearsalProblems({ spec, mode }: ReleaseRequest, readings: Readings): Problem[] {
  if (mode !== 'rehearsal') return [];
  const { version, digest } = spec.artifact;
  return spec.servers.flatMap(({ id }) => {
    const running = readings.get(id)?.running;
    if (!running || running.digest === digest) return [];
    const message = `runs ${running.version} (${running.digest}), and a rehearsal of ${version} needs ${version} on every server`;
    return [{ path: `servers.${id}`, message }];
  });
}

/** The plan counts every server as serving; here some may be down. Gray servers leave together, strays one by one before them. */
function floorProblems({ spec, mode }: ReleaseRequest, { routed, readings, bases }: World): Problem[] {
  const { minServing } = spec.capacity;
  if (mode === 'rollback' || minServing === undefined) return [];
  const { route, servers } = routed;
  const serving = spec.servers.filter(({ id }) => route.servers[id] === route.stable && servers[id]?.up === true);
  const others = serving.filter(({ gray }) => !gray);
  const strays = others.some(({ id }) => readings.get(id)?.running?.digest !== bases.get(id)?.digest);
  const lowest = Math.min(others.length, serving.length - (strays && mode === 'release' ? 1 : 0));
  if (lowest >= minServing) return [];
  const message = `${lowest} servers would serve while gray servers and strays change, and ${minServing} is the floor`;
  return [{ path: 'capacity.minServing', message }];
}

/** The way forward and the way back have to exist before the first step. */
async function availabilityProblems(
  deployer: Deployer,
  { spec, mode }: ReleaseRequest,
  readings: Readings,
  bases: Bases,
): Promise<Problem[]> {
  if (mode === 'rehearsal') return [];
  const asked = spec.servers.flatMap((server) => {
    if (mode === 'rollback' && !readings.get(server.id)?.running) return [];
    const base = bases.get(server.id);
    const wanted = [
      ...(mode === 'release' ? [['artifact', spec.artifact] as const] : []),
      ...(base ? [['base', base] as const] : []),
    ];
    return wanted.map(async ([path, artifact]): Promise<Problem[]> => {
      const answer = await deployer.available(artifact, server).catch(unavailable);
      return answer.ok ? [] : [{ path, message: `${artifact.version} for ${server.id}: ${answer.reason}` }];
    });
  });
  return (await Promise.all(asked)).flat();
}

/** An unreachable deployer is a fault and retried; anything permanent is a reason not to start. */
function unavailable(error: unknown): { ok: false; reason: string } {
  if (error instanceof GrayError && !error.transient) return { ok: false, reason: error.message };
  throw error;
}
