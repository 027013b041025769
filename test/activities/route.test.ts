import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { Adapters } from '../../activities/deps.ts';
import type { RouteOrder, RouteStep } from '../../activities/orders.ts';
import { route } from '../../activities/route.ts';
import { holdMemoryRouter, MemoryRouter, memoryRouter } from '../../src/adapters/router/memory.ts';
import { adapters } from '../../src/adapters.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import { releaseSpec } from '../support/release-spec.ts';

const spec = releaseSpec('shop-route');
const router = new MemoryRouter(spec);
const forget = holdMemoryRouter(spec.target, router);
afterEach(forget);

const desired = (fence: number, shareBp: number): DesiredRoute => ({
  ...{ fence, release: 'shop-1', period: 'gray', stable: 'a' },
  split: { shareBp, salt: 's', alwaysGray: [], alwaysStable: [], rest: 'stable' },
  servers: Object.fromEntries(spec.servers.map(({ id, gray }) => [id, gray ? 'b' : 'a'])),
});
const step = (fence: number, shareBp: number): RouteStep => ({
  desired: desired(fence, shareBp),
  confirm: null,
  drain: null,
});
const order: RouteOrder = {
  ...{ target: spec.target, servers: spec.servers, router: spec.router, version: spec.version },
  steps: [step(5, 1_000), step(6, 2_000)],
};

/** A router in which somebody writes right before the first write of the activity. */
function overtaken(meanwhile: DesiredRoute): Adapters {
  let first = true;
  const apply = async (wanted: DesiredRoute) => {
    if (first) {
      first = false;
      await router.apply(meanwhile);
    }
    return router.apply(wanted);
  };
  return {
    ...adapters,
    router: (kind, context) => ({
      ...memoryRouter(kind.kind === 'memory' ? kind : { kind: 'memory', identity: {} }, context),
      ...{ abilities: router.abilities, read: () => router.read(), apply },
    }),
  };
}

describe('a route of two steps', () => {
  it('goes on behind an attempt of its own that had been frozen and went ahead', async () => {
    await new MockActivityEnvironment().run(route(overtaken(desired(6, 2_000))), order);
    expect((await router.read()).route).toMatchObject({ fence: 6, split: { shareBp: 2_000 } });
  });

  it('ends where somebody else has written', async () => {
    const other = { ...desired(9, 0), release: 'operator' };
    const later = { ...order, steps: [step(7, 1_000), step(8, 2_000)] };
    await expect(new MockActivityEnvironment().run(route(overtaken(other)), later)).rejects.toThrow('came too late');
    expect((await router.read()).route).toMatchObject({ fence: 9, release: 'operator' });
  });
});
