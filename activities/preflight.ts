/** Reads the world before anything is touched. */
import type { Deployer, ServerReading } from '../src/adapters/deployer/port.ts';
import type { RunningVersion } from '../src/domain/artifact.ts';
import type { RouteState } from '../src/domain/route.ts';
import type { ServerSpec } from '../src/domain/server.ts';
import type { ReleaseRequest, ReleaseSpec } from '../src/domain/spec.ts';
import { beating } from './beating.ts';
import type { Adapters } from './deps.ts';
import type { PreflightOrder, PreflightReport, ServerFound } from './orders.ts';
import { type Bases, problemsOf, type Readings } from './preflight-problems.ts';

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
      const problems = await problemsOf(deployer, request, { routed, readings, bases });
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
