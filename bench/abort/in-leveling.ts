/** Aborts while half of the servers are level: users leave gray down to what the servers on base can carry. */
import type { RouterKind } from '../../demo/stage/router.ts';
import { memoryFleet } from '../../src/adapters/deployer/memory-fleet.ts';
import { floorShareBp } from '../../src/domain/capacity.ts';
import { percentOf } from '../../src/domain/percent.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import { say } from '../options.ts';
import { type Figure, percentiles } from '../report.ts';
import type { Engine } from './engine.ts';
import { openSite } from './site.ts';
import { abort, bringToLeveling } from './tries.ts';

const maxLoad = 1.5;
/** The fourth of six servers: three are on the new version by then, two still serve on base. */
const stuckAt = 's4';

const six = {
  ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs: 300 }] },
  capacity: { maxLoad },
  leveling: { batch: 1, onServerFailure: 'exception' },
} as const;

export async function inLeveling(engine: Engine, kind: RouterKind, tries: number): Promise<Figure[]> {
  const site = await openSite({ ...engine, kind, target: `${kind}-leveling`, servers: 6, gray: 2, spec: six });
  const tookMs: number[] = [];
  let shareBp = Number.NaN;
  try {
    while (tookMs.length < tries) {
      await bringToLeveling(engine.client, site, stuckAt);
      const aborted = await abort(engine.client, site);
      memoryFleet(site.spec.target).heal(stuckAt);
      shareBp = floorIn(aborted.desired);
      tookMs.push(aborted.tookMs);
    }
  } finally {
    await site.close();
  }
  const { p50 } = percentiles(tookMs);
  say(`${kind}: in leveling users left gray down to the floor of ${percentOf(shareBp)} in ${p50.toFixed(0)} ms`);
  return [
    { name: `${kind} abort in leveling, floor`, value: shareBp / 100, unit: '%' },
    { name: `${kind} abort in leveling, p50`, value: p50, unit: 'ms' },
    { name: `${kind} abort in leveling, longest`, value: Math.max(...tookMs), unit: 'ms' },
  ];
}

/** The floor computed from who serves, which the share that was set has to be. Every server weighs the same. */
function floorIn({ stable, servers, split }: DesiredRoute): number {
  const places = Object.values(servers);
  const on = (pool: 'a' | 'b') => places.filter((place) => place === pool).length;
  const capacity = { gray: on(stable === 'a' ? 'b' : 'a'), stable: on(stable), all: places.length };
  const floor = floorShareBp(capacity, maxLoad, 10_000);
  if (split.shareBp !== floor) throw new Error(`the share is ${split.shareBp}, the floor ${floor} (basis points)`);
  return floor;
}
