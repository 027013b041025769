/** A whole release with each router and each deployer, from request to last server, under load from a client that never retries. */

import { type DeployerKind, deployerKinds } from '../../test/support/site/deployers.ts';
import { Engine } from '../../test/support/site/engine.ts';
import { type SiteRouterKind, siteRouterKinds } from '../../test/support/site/routers.ts';
import { Site } from '../../test/support/site.ts';
import type { Figure } from '../report.ts';
import type { WholeRelease } from './measured.ts';

/** Of `routers` those that a site can have, one release after another. */
export async function wholeReleases(
  routers: readonly string[],
  say: (line: string) => void,
): Promise<readonly WholeRelease[]> {
  const engine = await Engine.start();
  const done: WholeRelease[] = [];
  try {
    for (const router of siteRouterKinds.filter((kind) => routers.includes(kind))) {
      for (const deployer of deployerKinds) {
        const found = await wholeRelease(engine, router, deployer);
        say(`${router}, ${deployer}: ${found.outcome}, ${found.lost} of ${found.requests} requests lost`);
        done.push(found);
      }
    }
  } finally {
    await engine.end();
  }
  return done;
}

const withinMs = 180_000;

async function wholeRelease(engine: Engine, router: SiteRouterKind, deployer: DeployerKind): Promise<WholeRelease> {
  const site = await Site.open(engine, { router, deployer, rate: 200 });
  try {
    const atMs = Date.now();
    await site.start();
    const outcome = (await site.closed(withinMs)).outcome ?? 'none';
    const seconds = Math.round((Date.now() - atMs) / 1_000);
    const { sent, lost } = await site.load.stop();
    return { router, deployer, outcome, requests: sent, lost, seconds };
  } finally {
    await site.end();
  }
}

/** `mayLose`: routers that lose some requests with every change. */
export const wholeFigures = (releases: readonly WholeRelease[], mayLose: readonly string[]): Figure[] =>
  releases.flatMap(({ router, deployer, outcome, requests, lost }) => [
    {
      name: `release, ${router}, ${deployer}: completed`,
      value: outcome === 'completed' ? 1 : 0,
      unit: '',
      atLeast: 1,
    },
    { name: `release, ${router}, ${deployer}: requests`, value: requests, unit: '' },
    {
      ...{ name: `release, ${router}, ${deployer}: lost`, value: lost, unit: '' },
      ...(mayLose.includes(router) ? {} : { atMost: 0 }),
    },
  ]);
