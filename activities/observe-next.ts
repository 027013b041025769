/** How the observation of a gate goes on into the next stage, or into leveling, without a gap. */
import type { DesiredRoute } from '../src/domain/route.ts';
import { sameRoute } from '../src/domain/route.ts';
import type { Judge } from '../src/domain/verdict.ts';
import type { ObserveOrder } from './orders.ts';
import { type Seen, verdictNow } from './seen.ts';

/** The router already holds what comes next: the release's own write, and nobody else's. */
export function hasBegun({ next, expect }: ObserveOrder, route: DesiredRoute): boolean {
  if (next === null || expect === null) return false;
  if (next.kind === 'stage') return sameRoute(route, next.expect);
  return route.release === expect.release && route.fence > expect.fence;
}

/** New evidence for a new stage; leveling goes on with what there is. */
export function begin(seen: Seen, judge: Judge): void {
  const stage = seen.order.next?.kind === 'stage';
  seen.begunAtMs = seen.nowMs();
  seen.order = orderFrom(seen.order, seen.begunAtMs);
  seen.changes += 1;
  if (stage) seen.fold = judge.nextStage(seen.fold);
  seen.verdict = verdictNow(judge, seen.fold, seen.order);
}

/** The order of an observation that went on at `begunAtMs`, server time. */
export function orderFrom(order: ObserveOrder, begunAtMs: number): ObserveOrder {
  const { next } = order;
  if (next === null) return order;
  if (next.kind === 'leveling') return { ...order, next: null, stage: next.stage, expect: null };
  const { stage, expect, holdMs } = next;
  return { ...order, next: null, stage, expect, shareBp: expect.split.shareBp, endAtMs: begunAtMs + holdMs + graceMs };
}

/** The route is seen before it is confirmed, and only then the hold begins. */
const graceMs = 1_000;
