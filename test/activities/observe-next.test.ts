import { describe, expect, it } from 'vitest';
import { begin, hasBegun, orderFrom } from '../../activities/observe-next.ts';
import type { ObserveOrder } from '../../activities/orders.ts';
import type { Seen } from '../../activities/seen.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import { releaseSpec } from '../support/release-spec.ts';

const spec = releaseSpec('shop');
const judge = createJudge(spec.judge);
const split = { shareBp: 500, salt: 'salt', alwaysGray: [], alwaysStable: [], rest: 'stable' } as const;
const present: DesiredRoute = {
  ...{ fence: 5, release: 'shop-1', period: 'gray', stable: 'a', split },
  servers: { s1: 'b', s2: 'a' },
};
const wider: DesiredRoute = { ...present, fence: 6, split: { ...split, shareBp: 1_500 } };
const stage = { kind: 'stage', stage: 1, expect: wider, holdMs: 60_000 } as const;
const leveling = { kind: 'leveling', stage: 3 } as const;

const order = (next: ObserveOrder['next']): ObserveOrder => ({
  ...{
    release: 'shop-1',
    target: 'shop',
    servers: spec.servers,
    router: spec.router,
    metrics: spec.metrics,
    judge: spec.judge,
  },
  ...{ rules: 'all', shareBp: 500, restBp: 0, expect: present, instance: 'one', knownDown: [], fold: null },
  ...{ stage: 0, newStage: false, next, endAtMs: 9e12, endOnPass: false },
});

const errors = (fromMs: number, gray: number) => ({
  ...{ fromMs, toMs: fromMs + 1_000 },
  metrics: { errors: { counts: { gray: { total: 100, bad: gray }, stable: { total: 100, bad: 0 } } } },
});

describe('the observation of a gate', () => {
  it('knows the next stage by its whole route, fence and owner included', () => {
    expect(hasBegun(order(stage), wider)).toBe(true);
    expect(hasBegun(order(stage), present)).toBe(false);
    expect(hasBegun(order(stage), { ...wider, fence: 7 })).toBe(false);
    expect(hasBegun(order(stage), { ...wider, release: 'operator' })).toBe(false);
    expect(hasBegun(order(stage), { ...wider, servers: { s1: 'b', s2: 'b' } })).toBe(false);
  });

  it('knows leveling by the next write of its own release', () => {
    expect(hasBegun(order(leveling), { ...wider, fence: 9 })).toBe(true);
    expect(hasBegun(order(leveling), present)).toBe(false);
    expect(hasBegun(order(leveling), { ...wider, release: 'operator' })).toBe(false);
  });

  it('never goes on without being told into what', () => {
    expect(hasBegun(order(null), wider)).toBe(false);
    expect(hasBegun({ ...order(leveling), expect: null }, wider)).toBe(false);
  });

  it('then expects the new route for a hold and a second, and nothing after it', () => {
    expect(orderFrom(order(stage), 1_000)).toMatchObject({
      ...{ stage: 1, next: null, expect: wider, shareBp: 1_500, endAtMs: 62_000 },
    });
  });

  it('follows the router once leveling moves servers', () => {
    expect(orderFrom(order(leveling), 1_000)).toMatchObject({ stage: 3, next: null, expect: null, endAtMs: 9e12 });
  });

  it('asks a new stage for evidence of its own, and leaves out the interval that spans the change', () => {
    const fold = judge.fold(judge.start(), errors(0, 0));
    const seen: Seen = {
      ...{ nowMs: () => 1_000, order: order(stage), begunAtMs: null, fold, changes: 0, places: {} },
      verdict: judge.decide(fold, { nowMs: 1_000, rules: 'all', shareBp: 500 }),
    };
    expect(seen.verdict.kind).toBe('pass');
    begin(seen, judge);
    expect(seen).toMatchObject({
      begunAtMs: 1_000,
      changes: 1,
      order: { stage: 1 },
      verdict: { kind: 'inconclusive' },
    });
  });
});
