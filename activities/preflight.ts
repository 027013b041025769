/** Reads the world before anything is touched, and gathers every reason not to start. */
import type { Deployer, ServerReading } from '../src/adapters/deployer/port.ts';
import type { Artifact, RunningVersion } from '../src/domain/artifact.ts';
import { GrayError, type Problem } from '../src/domain/errors.ts';
import type { DesiredRoute, RouteState } from '../src/domain/route.ts';
import type { ServerSpec } from '../src/domain/server.ts';
import type { ReleaseRequest, ReleaseSpec } from '../src/domain/spec.ts';
import { beating } from './beating.ts';
import type { Adapters } from './deps.ts';
import type { PreflightOrder, PreflightReport, ServerFound } from './orders.ts';

export const preflight =
  (adapters: Adapters) =>
  ({ request }: PreflightOrder): Promise<PreflightReport> =>
    beating(undefined, async () => {
      const { spec } = request;
      const deployer = adapters.deployer(spec.deployer, spec);
      const [routed, readings] = await Promise.all([
        adapters.router(spec.router, spec).read(),
        readAll(deployer, spec.servers),
      ]);
      const bases = basesOf(request, readings);
      const servers = found(spec, routed, readings, bases);
      const problems = [
        ...routeProblems(request, routed),
        ...readingProblems(request, readings, bases),
        ...noReturnProblems(request, readings),
        ...strayProblems(request, readings, bases),
        ...rehearsalProblems(request, readings),
        ...(await availabilityProblems(deployer, request, readings, bases)),
      ];
      const fence = Math.max(routed.route.fence, ...[...readings.values()].map((reading) => reading.fence));
      return {
        problems,
        fence,
        period: routed.route.period,
        stable: routed.route.stable,
        shareBp: routed.route.split.shareBp,
        rest: routed.route.split.rest,
        salt: routed.route.split.salt,
        instance: routed.instance,
        servers,
      };
    });

type Readings = ReadonlyMap<string, ServerReading>;
type Bases = ReadonlyMap<string, Artifact>;

async function readAll(deployer: Deployer, servers: readonly ServerSpec[]): Promise<Readings> {
  return new Map(await Promise.all(servers.map(async (server) => [server.id, await deployer.read(server)] as const)));
}

/** A rehearsal leaves every server on the build it runs. */
function basesOf({ spec, mode }: ReleaseRequest, readings: Readings): Bases {
  switch (mode) {
    case 'release':
      return commonBase(spec, readings);
    case 'rollback':
      return recordedBases(spec, readings);
    case 'rehearsal':
      return new Map(spec.servers.map(({ id }) => [id, spec.artifact]));
  }
}

/** One base for all: named in the file, or what most of the servers that are not gray run now. */
function commonBase(spec: ReleaseSpec, readings: Readings): Bases {
  const base =
    spec.base ?? mostCommon(spec.servers.flatMap(({ id, gray }) => (gray ? [] : (readings.get(id)?.running ?? []))));
  return new Map(base === undefined ? [] : spec.servers.map(({ id }) => [id, base]));
}

function mostCommon<Build extends RunningVersion>(builds: readonly Build[]): Build | undefined {
  const count = (build: Build) => builds.filter((other) => other.digest === build.digest).length;
  return [...builds].sort((one, other) => count(other) - count(one))[0];
}

/**
 * Servers that run the version to be undone return to what was recorded before it; the others stay on what they run.
 * A dead server without a record must not hold up the others: it gets what was recorded on most of them.
 */
function recordedBases(spec: ReleaseSpec, readings: Readings): Bases {
  const runsIt = (reading: ServerReading | undefined) => reading?.running?.digest === spec.artifact.digest;
  const undone = new Set([...readings.values()].filter(runsIt).map((reading) => reading.base?.release));
  const recordOf = (reading: ServerReading | undefined) =>
    reading?.base && undone.has(reading.base.release) ? reading.base.artifact : undefined;
  const usual = spec.base ?? mostCommon([...readings.values()].flatMap((reading) => recordOf(reading) ?? []));
  return new Map(
    spec.servers.flatMap(({ id }) => {
      const reading = readings.get(id);
      const base = reading?.running && !runsIt(reading) ? reading.running : (recordOf(reading) ?? usual);
      return base === undefined ? [] : [[id, base] as const];
    }),
  );
}

function found(spec: ReleaseSpec, routed: RouteState, readings: Readings, bases: Bases): Record<string, ServerFound> {
  return Object.fromEntries(
    spec.servers.flatMap(({ id }) => {
      const running = readings.get(id)?.running ?? null;
      const base = bases.get(id);
      if (base === undefined) return [];
      const place = routed.route.servers[id] ?? 'out';
      return [[id, { running, base, place, up: routed.servers[id]?.up ?? false }]];
    }),
  );
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
  return [
    { path: 'router', message: `${since}; take users off with \`gray abort --direct\`, then \`gray rollback\`` },
    ...unknown,
  ];
}

function nobodyOnGray({ servers }: ReleaseSpec, { stable, split, servers: places }: DesiredRoute): boolean {
  const lists = split.alwaysGray.length > 0 || split.rest === 'gray';
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
