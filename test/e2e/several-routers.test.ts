/** A release over two routers; then one of them dies under an abort. */
import { expect, it } from 'vitest';
import { embeddedRouter } from '../../src/adapters/router/embedded.ts';
import type { Router } from '../../src/adapters/router/port.ts';
import { abortRelease } from '../../src/client.ts';
import { eventually } from '../support/processes.ts';
import { useEngine } from '../support/site/use-engine.ts';
import { Site } from '../support/site.ts';

const engine = useEngine();

/** Each router by itself. */
function partsOf({ spec }: Site): Record<string, Router> {
  const { router, target, servers } = spec;
  if (router.kind !== 'several') throw new Error('the site has several routers');
  return Object.fromEntries(
    router.routers.flatMap(({ name, router: one }) =>
      one.kind === 'embedded' ? [[name, embeddedRouter(one, { target, servers })]] : [],
    ),
  );
}

it('a release moves both routers together, and an abort does not wait for a dead one', {
  timeout: 90_000,
}, async () => {
  await Promise.all([movesBoth(), abortsWhileOneIsDead()]);
});

/** No request is lost. */
async function movesBoth(): Promise<void> {
  const site = await Site.open(engine(), { router: 'several' });
  await site.start();
  expect((await site.closed()).outcome).toBe('completed');
  expect(await site.versions()).toEqual(['2.0.0', '2.0.0', '2.0.0', '2.0.0']);
  const { edge, inner } = partsOf(site);
  const route = (await edge?.read())?.route;
  expect(route).toMatchObject({ period: 'normal', stable: 'b', split: { shareBp: 0 } });
  expect((await inner?.read())?.route).toEqual(route);
  expect((await site.load.stop()).lostExamples).toEqual([]);
}

/** Users leave gray at the router that lives, and at the dead one once it is back. */
async function abortsWhileOneIsDead(): Promise<void> {
  const ramp = { patience: 3, stages: [{ shareBp: 3_000, holdMs: 60_000 }] };
  const site = await Site.open(engine(), { router: 'several', change: () => ({ ramp }) });
  await site.start();
  await site.until(({ stage }) => stage?.clock != null);
  const { edge, inner } = partsOf(site);
  const shareAt = async (part: Router | undefined) => (await part?.read())?.route.split.shareBp;
  expect([await shareAt(edge), await shareAt(inner)]).toEqual([3_000, 3_000]);

  await site.router.kill();
  await abortRelease(engine().client, site.target, { by: 'ben', reason: 'slow' });
  await eventually(async () => (await shareAt(edge)) === 0, 3_000);

  await site.router.start();
  expect((await site.closed()).outcome).toBe('aborted');
  expect(await shareAt(inner)).toBe(0);
  expect(await site.versions()).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
  expect((await site.load.stop()).lostExamples).toEqual([]);
}
