import { describe, expect, it } from 'vitest';
import { MemoryRouter } from '../../../src/adapters/router/memory.ts';
import { directAbort } from '../../../src/client.ts';
import { GrayError } from '../../../src/domain/errors.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import { releaseSpec } from '../../support/release-spec.ts';

const spec = releaseSpec('shop');

/** In mid-ramp: two gray servers, a tenth of the users, somebody on each list. */
const midRamp: DesiredRoute = {
  fence: 41,
  release: 'shop-2.0.0',
  period: 'gray',
  stable: 'a',
  split: { shareBp: 1_000, salt: 'salt', alwaysGray: ['vip'], alwaysStable: ['keep'], rest: 'stable' },
  servers: Object.fromEntries(spec.servers.map(({ id, gray }) => [id, gray ? 'b' : 'a'])),
};

async function routerAt(route: DesiredRoute): Promise<MemoryRouter> {
  const router = new MemoryRouter(spec);
  await router.apply(route);
  return router;
}

const poolOfUser = (router: MemoryRouter, user: string | null) => {
  const session = router.open(user);
  session?.end();
  return session?.pool;
};

describe('an abort without the engine', () => {
  it('takes every user off gray in one write, keeps every server where it is, and proves it', async () => {
    const router = await routerAt(midRamp);
    expect(poolOfUser(router, 'vip')).toBe('b');
    const done = await directAbort(spec, router);
    expect(done).toMatchObject({ floorBp: 0, confirmation: { ok: true } });
    const { route } = await router.read();
    expect(route).toEqual({
      ...midRamp,
      fence: 42,
      release: 'operator',
      period: 'exception',
      split: { shareBp: 0, salt: 'salt', alwaysGray: [], alwaysStable: [], rest: 'stable' },
    });
    for (const user of ['vip', 'ana', 'ben', null]) expect(poolOfUser(router, user)).toBe('a');
  });

  it('is not undone by an engine that wakes up later', async () => {
    const router = await routerAt(midRamp);
    await directAbort(spec, router);
    const late = router.apply({ ...midRamp, fence: 42, split: { ...midRamp.split, shareBp: 5_000 } });
    await expect(late).rejects.toMatchObject({ code: 'staleFence' });
  });

  it('may be repeated', async () => {
    const router = await routerAt(midRamp);
    await directAbort(spec, router);
    expect(await directAbort(spec, router)).toMatchObject({ confirmation: { ok: true }, after: { fence: 43 } });
  });

  it('takes a higher fence when another writer comes between reading and writing', async () => {
    const router = await routerAt(midRamp);
    const apply = router.apply.bind(router);
    let overtaken = 0;
    router.apply = async (desired) => {
      if (overtaken < 2) {
        overtaken += 1;
        await apply({ ...midRamp, fence: desired.fence + 5 });
      }
      return apply(desired);
    };
    const done = await directAbort(spec, router);
    expect(done.after).toMatchObject({ release: 'operator', period: 'exception', split: { shareBp: 0 } });
    expect(done.after.fence).toBeGreaterThan(51);
  });

  it('gives up with the fault of a router that refuses every write', async () => {
    const router = await routerAt(midRamp);
    router.apply = async () => {
      throw new GrayError('routerRefused', 'no');
    };
    await expect(directAbort(spec, router)).rejects.toMatchObject({ code: 'routerRefused' });
  });

  describe('while leveling has left few base servers', () => {
    const leveling: DesiredRoute = {
      ...midRamp,
      split: { ...midRamp.split, shareBp: 8_000, rest: 'gray' },
      servers: { ...midRamp.servers, s3: 'b', s4: 'b', s5: 'b', s6: 'b' },
    };

    it('leaves on gray what base cannot carry, and says how much', async () => {
      const done = await directAbort(spec, await routerAt(leveling));
      // Two of eight servers at a load of at most 1.5 carry 37.5 %.
      expect(done).toMatchObject({ floorBp: 6_250, after: { split: { shareBp: 6_250, rest: 'gray' } } });
    });

    it('goes to zero when told to', async () => {
      const done = await directAbort(spec, await routerAt(leveling), { toZero: true });
      expect(done).toMatchObject({ floorBp: 0, after: { split: { shareBp: 0, rest: 'stable' } } });
    });

    it('never raises the share', async () => {
      const low = { ...leveling, split: { ...leveling.split, shareBp: 2_000 } };
      expect((await directAbort(spec, await routerAt(low))).floorBp).toBe(2_000);
    });
  });
});
