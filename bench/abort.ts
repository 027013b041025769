/**
 * `npm run bench:abort`: from the moment an abort is sent until the router is proven to send nobody to gray, for both
 * routers, with a healthy worker, a killed one and a frozen one, and in leveling down to the computed floor.
 */
import { loadavg } from 'node:os';
import type { RouterKind } from '../demo/stage/router.ts';
import { type Engine, startEngine } from './abort/engine.ts';
import { inLeveling } from './abort/in-leveling.ts';
import { inRamp } from './abort/in-ramp.ts';
import { openRampSites, type Site } from './abort/site.ts';
import { withoutWorker } from './abort/without-worker.ts';
import { readOptions, say } from './options.ts';
import { type Figure, finish } from './report.ts';

const { quick } = readOptions('abort', 'Measures how fast an abort takes users away from gray.');
const kinds: readonly RouterKind[] = ['embedded', 'haproxy'];

/** `abreast`: releases of one router that are prepared together. */
const size = quick
  ? { abreast: 1, tries: 2, leveling: 1, losses: 1 }
  : { abreast: 4, tries: 200, leveling: 5, losses: 2 };

async function measure(engine: Engine): Promise<Figure[]> {
  const worker = await engine.startWorker();
  const sites = new Map<RouterKind, Site[]>();
  for (const kind of kinds) sites.set(kind, await openRampSites({ ...engine, kind }, size.abreast));
  say('workers, routers and servers are up');
  const all = [...sites.values()].flat();
  try {
    const figures: Figure[] = [];
    for (const kind of kinds) figures.push(...(await inRamp(engine, kind, sites.get(kind) ?? [], size.tries)));
    for (const kind of kinds) figures.push(...(await inLeveling(engine, kind, size.leveling)));
    figures.push(...(await withoutWorker(engine, all, worker, size.losses)));
    return [...figures, { name: 'load average of the machine, 5 min', value: loadavg()[1] ?? 0, unit: '' }];
  } finally {
    await Promise.all(all.map((site) => site.close()));
  }
}

const engine = await startEngine(say);
try {
  finish('abort', await measure(engine));
} finally {
  await engine.end();
}
