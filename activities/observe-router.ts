/** Looks whether the router still is the process that was confirmed, holds the route, and has its servers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import { changedByHand } from '../src/domain/drift.ts';
import type { RouteState } from '../src/domain/route.ts';
import { sameRoute } from '../src/domain/route.ts';
import { otherPool } from '../src/domain/server.ts';
import type { Judge } from '../src/domain/verdict.ts';
import type { Adapters } from './deps.ts';
import { keepBegin } from './evidence.ts';
import { judgeOf } from './judge-of.ts';
import { begin, hasBegun } from './observe-next.ts';
import type { ObserveOrder } from './orders.ts';
import type { Ending, Seen } from './seen.ts';

const everyMs = 1_000;

export async function watchRouter(adapters: Adapters, seen: Seen, signal: AbortSignal): Promise<Ending> {
  const router = adapters.router(seen.order.router, seen.order);
  const judge = judgeOf(adapters, seen.order);
  let { instance } = seen.order;
  let unreachable = false;
  while (!signal.aborted) {
    const state = await router.read().catch((error: unknown) => {
      log.warn('router does not answer', { error: String(error) });
      return null;
    });
    if (state === null) unreachable = true;
    else {
      if (hasBegun(seen.order, state.route)) goOn(adapters, seen, judge);
      const { order } = seen;
      const note = unreachable ? 'the router was unreachable' : difference(order, state, instance);
      remember(seen, state);
      if (note !== null && order.expect !== null) return { ended: 'router', down: [], note };
      const down = downServers(order, state);
      if (order.expect !== null && down.join() !== [...order.knownDown].sort().join())
        return { ended: 'servers', down };
      instance = state.instance;
      unreachable = false;
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return { ended: 'time', down: [] };
}

function goOn({ evidence }: Adapters, seen: Seen, judge: Judge): void {
  const newStage = seen.order.next?.kind === 'stage';
  begin(seen, judge);
  keepBegin(evidence, seen, newStage);
}

function difference(order: ObserveOrder, state: RouteState, instance: string | null): string | null {
  if (instance !== null && state.instance !== instance) return 'the router was reloaded or restarted';
  if (order.expect === null || sameRoute(state.route, order.expect)) return null;
  if (state.route.fence > order.expect.fence)
    return `${state.route.release} wrote a higher fence, ${state.route.fence}`;
  return changedByHand;
}

function remember(seen: Seen, { route, servers }: RouteState): void {
  const arm = (place: string) =>
    place === route.stable ? 'stable' : place === otherPool(route.stable) ? 'gray' : 'out';
  const places = Object.fromEntries(
    Object.entries(route.servers).map(([id, place]) => [id, servers[id]?.up === false ? 'out' : arm(place)]),
  );
  const first = Object.keys(seen.places).length === 0;
  if (!first && JSON.stringify(places) !== JSON.stringify(seen.places)) seen.changes += 1;
  seen.places = places;
  seen.stablePool = route.stable;
}

const downServers = (order: ObserveOrder, { route, servers }: RouteState): string[] =>
  order.servers.flatMap(({ id }) => (route.servers[id] !== 'out' && servers[id]?.up === false ? [id] : [])).sort();
