import { afterEach, describe, expect, it } from 'vitest';
import { writesOf } from '../../src/domain/plan/nginx.ts';
import { planSteps } from '../../src/domain/plan/steps.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import { useTemporal } from '../support/temporal.ts';
import { broken, World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const holdMs = 300;
const ladder = {
  audience: {
    ...{
      alwaysGray: ['vip'],
      alwaysStable: ['keep'],
      testUsers: ['tester'],
      salt: 'salt',
      restBp: 1_000,
      users: 1_000,
    },
    segments: [
      { name: 'staff', header: 'x-staff', values: ['1'], users: 20 },
      { name: 'north', header: 'x-branch', values: ['north'], users: 50 },
    ],
  },
  ramp: {
    patience: 30,
    stages: [
      { shareBp: 0, holdMs },
      { shareBp: 0, holdMs, segments: ['staff'] },
      { shareBp: 1_000, holdMs, segments: ['north'] },
    ],
  },
};

const namesIn = ({ split }: DesiredRoute) => (split.segments ?? []).map(({ name }) => name).join('+');

describe('a release with an audience ladder', () => {
  it('lets in lists, then segments, then a share, and everybody leaves the ladder at its end', async () => {
    world = new World(temporal(), ladder);
    const status = await world.run();
    expect(status.outcome).toBe('completed');
    const rungs = world.routes.map((route) => `${route.period} ${route.split.shareBp} ${namesIn(route)}`.trim());
    const ramp = rungs.slice(rungs.lastIndexOf('gray 0') - 1, rungs.indexOf('gray 1000 staff+north') + 1);
    expect([...new Set(ramp)]).toEqual(['gray 0', 'gray 0 staff', 'gray 1000 staff+north']);
    expect(rungs.at(-1)).toBe('normal 0');
    // What a plan tells of a router that is reloaded for each change.
    expect(world.routes).toHaveLength(writesOf(world.spec, planSteps(world.spec).steps));
    const labels = status.journal.map(({ text }) => text).filter((text) => text.startsWith('stage'));
    expect(labels).toEqual(['stage 1 of 3: 0 %', 'stage 2 of 3: 0 % + staff', 'stage 3 of 3: 10 % + north']);
  });

  it('takes lists and segments off gray at once when a segment fails', async () => {
    world = new World(temporal(), ladder);
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.number === 2 && stage.clock !== null);
    world.metrics.set('*', 'gray', broken);
    const status = await world.result();
    expect(status.outcome).toBe('rolledBack');
    const left = world.routes.find(({ period }) => period === 'exception');
    expect(left?.split).toMatchObject({ shareBp: 0, alwaysGray: [] });
    expect(left?.split).not.toHaveProperty('segments');
    expect(world.routes.every(({ split }) => split.shareBp === 0)).toBe(true);
  });
});
