/** The audience ladder: lists, then segments, then a share that grows. */
import { describe, expect, it } from 'vitest';
import { desiredRoute } from '../../src/domain/desired.ts';
import { planRelease } from '../../src/domain/plan.ts';
import { formerSegments } from '../../src/domain/segments.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import { assign, assignment } from '../../src/domain/split.ts';
import { initialState, type ReleaseState } from '../../src/domain/state.ts';
import { releaseSpec } from '../support/release-spec.ts';

const staff = { name: 'staff', header: 'x-staff', values: ['1'], users: 50 };
const north = { name: 'north', header: 'x-branch', values: ['north', 'far north'], users: 1_000 };

const ladder = (change: Partial<ReleaseSpec> = {}) =>
  releaseSpec('shop', {
    audience: {
      ...{ alwaysGray: ['vip'], alwaysStable: ['keep'], testUsers: ['tester'], salt: 'salt', restBp: 0 },
      ...{ users: 10_000, segments: [staff, north] },
    },
    ramp: {
      patience: 3,
      stages: [
        { shareBp: 0, holdMs: 400 },
        { shareBp: 0, holdMs: 400, segments: ['staff'] },
        { shareBp: 500, holdMs: 400, segments: ['north'] },
        { shareBp: 2_500, holdMs: 400 },
      ],
    },
    ...change,
  });

const at = (change: Partial<ReleaseState>): ReleaseState => ({
  ...initialState,
  ...{ at: 'ramp', period: 'gray', listsApply: true },
  ...change,
});
const segmentsAt = (change: Partial<ReleaseState>) =>
  (desiredRoute(at(change), ladder(), 'r').split.segments ?? []).map(({ name }) => name);

describe('segments join stage by stage', () => {
  it('and stay until users leave gray', () => {
    expect([0, 1, 2, 3].map((stage) => segmentsAt({ stage }))).toEqual([
      [],
      ['staff'],
      ['staff', 'north'],
      ['staff', 'north'],
    ]);
    expect(segmentsAt({ at: 'leveling', stage: 4 })).toEqual(['staff', 'north']);
    expect(segmentsAt({ stage: 3, period: 'exception', listsApply: false })).toEqual([]);
  });

  it('and not before the ramp, though lists apply from the period switch on', () => {
    const spec = ladder({ ramp: { patience: 3, stages: [{ shareBp: 100, holdMs: 400, segments: ['staff'] }] } });
    const { split } = desiredRoute(at({ at: 'periodSwitch' }), spec, 'r');
    expect(split).not.toHaveProperty('segments');
    expect(split.alwaysGray).toEqual(['vip']);
  });

  it('and one that is not in force is asked for, to prove it', () => {
    const formerAt = (change: Partial<ReleaseState>) => formerSegments(at(change), ladder()).map(({ name }) => name);
    expect(formerAt({ stage: 0 })).toEqual(['staff']);
    expect(formerAt({ stage: 1 })).toEqual(['north']);
    expect(formerAt({ stage: 2 })).toEqual([]);
    expect(formerAt({ stage: 2, listsApply: false })).toEqual(['staff']);
  });

  it('and a route without them is the same as before there were any', () => {
    const spec = releaseSpec('shop');
    expect(Object.keys(desiredRoute(at({ stage: 1 }), spec, 'r').split)).not.toContain('segments');
  });
});

describe('one precedence', () => {
  const route = desiredRoute(at({ stage: 2, shareBp: 500 }), ladder(), 'r');
  it.each([
    ['keep', { 'x-staff': '1' }, 'stable', 'alwaysStable'],
    ['vip', {}, 'gray', 'alwaysGray'],
    ['someone', { 'x-staff': '1' }, 'gray', 'segment'],
    [null, { 'x-branch': 'far north' }, 'gray', 'segment'],
    [null, { 'x-branch': 'far' }, 'stable', 'anonymous'],
    ['someone', { 'x-staff': '1, 1' }, 'stable', 'share'],
    ['someone', { 'x-staff': ['1'] }, 'stable', 'share'],
  ] as const)('%s with %o is %s by %s', (user, attributes, arm, by) => {
    expect(assignment(route, user, attributes)).toMatchObject({ arm, by });
  });

  it('nobody goes back while the ladder is climbed', () => {
    const routes = [0, 1, 2, 3].map((stage) =>
      desiredRoute(at({ stage, shareBp: ladder().ramp.stages[stage]?.shareBp ?? 0 }), ladder(), 'r'),
    );
    const headers = [{}, { 'x-staff': '1' }, { 'x-branch': 'north' }];
    for (let n = 0; n < 500; n += 1) {
      for (const attributes of headers) {
        const arms = routes.map((one) => assign(one, `user-${n}`, attributes)).join();
        expect(arms).toMatch(/^(stable,?)*(gray,?)*$/);
      }
    }
  });
});

describe('the plan of a ladder', () => {
  const rampOf = (spec: ReleaseSpec) => planRelease(spec).steps.filter(({ phase }) => phase === 'ramp');

  it('counts the users on gray: listed ones, segments, and the share of the others', () => {
    expect(rampOf(ladder()).map(({ users }) => users)).toEqual([
      1,
      51,
      1_051 + Math.round(8_948 * 0.05),
      1_051 + 8_948 * 0.25,
    ]);
  });

  it('counts segments into the loads, and refuses more than gray can carry', () => {
    const loads = rampOf(ladder()).map(({ loads: { gray } }) => gray);
    // Two of eight servers are gray: 10.5 % of the users, and 5 % of the others.
    expect(loads[1]).toBeCloseTo(0.005 * 4, 6);
    expect(loads[2]).toBeCloseTo((0.105 + 0.895 * 0.05) * 4, 6);
    const { audience } = ladder();
    const crowded = { ...audience, segments: [staff, { ...north, users: 6_000 }] };
    expect(planRelease(ladder({ audience: crowded })).problems.map(({ path }) => path)).toContain('capacity.maxLoad');
  });

  it('holds the limit of users against segments, too', () => {
    const { ramp } = ladder();
    const problems = planRelease(ladder({ ramp: { ...ramp, maxUsers: 1_500 } })).problems;
    expect(problems.map(({ path }) => path)).toEqual(['ramp.stages[3].share']);
  });
});
