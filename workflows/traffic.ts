/** Every change of traffic: intend it in the state, set it under the next fence, prove it, and note what the router says. */
import type { Confirm, RouteOrder, RouteResult, RouteStep, ServerProof } from '../activities/orders.ts';
import { desiredRoute, expectedVersions, formerlyListed } from '../src/domain/desired.ts';
import { formerSegments } from '../src/domain/segments.ts';
import type { Place } from '../src/domain/server.ts';
import { allUsersBp } from '../src/domain/split.ts';
import type { ReleaseState, ServerState, Settled } from '../src/domain/state.ts';
import { withServer } from '../src/domain/state.ts';
import { seenFence, seenShareBp } from './interruption.ts';
import { notGivenUp } from './persistence.ts';
import { routes } from './proxies.ts';
import type { Run } from './run.ts';
import { drainMarginMs, heartbeatMs, routeMs } from './timeouts.ts';

export interface Move {
  readonly change: Partial<ReleaseState>;
  /** Prove it with real requests. */
  readonly confirm?: boolean;
  /** Wait until these servers have no open session. */
  readonly drain?: readonly string[];
}

/** Carries out `moves` in one activity, one fence each. On the way back a writer with a higher fence is overtaken. */
export async function moveTraffic(run: Run, summary: string, wanted: readonly Move[]): Promise<void> {
  for (let moves = wanted; ; ) {
    if (!back(run)) run.update({ settled: settledNow(run) });
    const order = orderOf(run, moves);
    run.publish();
    try {
      const call = back(run) ? routes.back : routes.forward;
      return settle(run, await call.executeWithOptions({ summary, ...limitsOf(order) }, [order]));
    } catch (error) {
      const ceilingBp = seenShareBp(error) ?? allUsersBp;
      const { fence, shareBp } = run.state;
      run.update({ fence: Math.max(fence, seenFence(error) ?? 0), shareBp: Math.min(shareBp, ceilingBp) });
      if (!back(run)) throw error;
      await notGivenUp(run, error);
      moves = moves.map((move) => notAbove(move, ceilingBp));
    }
  }
}

/** Whoever overtook us may have moved more users to base, and they stay there. A flip of the pools moves nobody. */
function notAbove(move: Move, ceilingBp: number): Move {
  const { shareBp, stablePool } = move.change;
  if (shareBp === undefined || shareBp <= ceilingBp || stablePool !== undefined) return move;
  return { ...move, change: { ...move.change, shareBp: ceilingBp, ...(ceilingBp === 0 && { rest: 'stable' }) } };
}

/** Rollback and exception: never raise the share, never give up. */
const back = ({ state }: Run): boolean => state.phase === 'exception' || state.phase === 'rollback';

function orderOf(run: Run, moves: readonly Move[]): RouteOrder {
  const { target, servers, router, version } = run.spec;
  return { target, servers, router, version, steps: moves.map((move) => stepOf(run, move)) };
}

/** The state holds the intention before the effect: an abort that comes meanwhile starts from there. */
function stepOf(run: Run, { change, confirm = false, drain }: Move): RouteStep {
  run.update({ ...change, fence: run.state.fence + 1, touched: true });
  const { state, spec } = run;
  const patienceMs = back(run) ? spec.exception.drainMs : spec.deployment.drainMs;
  return {
    desired: desiredRoute(state, spec, run.release),
    confirm: confirm
      ? { ...{ expected: expectedVersions(state), unconfirmed: back(run) ? 'isReported' : 'fails' }, ...former(run) }
      : null,
    drain: drain === undefined || drain.length === 0 ? null : { servers: drain, patienceMs },
  };
}

/** Only where lists no longer apply: then nobody may reach gray by one. */
const formerly = ({ state, spec }: Run): string[] => (state.listsApply || state.testing ? [] : formerlyListed(spec));

function former(run: Run): Pick<Confirm, 'formerly' | 'formerSegments'> {
  const segments = formerSegments(run.state, run.spec);
  return { formerly: formerly(run), ...(segments.length > 0 && { formerSegments: segments }) };
}

function limitsOf({ steps }: RouteOrder) {
  const drainMs = Math.max(0, ...steps.map((step) => step.drain?.patienceMs ?? 0));
  if (drainMs === 0) return { startToCloseTimeout: routeMs * steps.length };
  return { startToCloseTimeout: drainMs * steps.length + drainMarginMs, heartbeatTimeout: heartbeatMs };
}

const settledNow = ({ state: { shareBp, rest, servers } }: Run): Settled => ({ shareBp, rest, servers });

function settle(run: Run, result: RouteResult): void {
  let state: ReleaseState = { ...run.state, instance: result.instance, settled: null };
  for (const [id, { up, openSessions }] of Object.entries(result.servers)) {
    state = withServer(state, id, state.servers[id]?.place === 'out' ? { openSessions } : { up, openSessions });
  }
  run.update(state);
  for (const [id, count] of Object.entries(result.closed))
    if (count > 0) run.note(`${count} open sessions of ${id} were closed`);
  if (result.unconfirmed.length > 0) run.note(`not confirmed: ${result.unconfirmed.join('; ')}`);
}

/** A server that runs something else than was verified on it: out with the next move, and on the way back to base. */
export function takenOut(run: Run, { server, running, reason }: ServerProof): string {
  const problem = `runs ${running?.version ?? `nothing (${reason ?? 'no answer'})`}`;
  const change = { place: 'out', build: 'unknown', up: false, running, problem } as const;
  run.update(withServer(run.state, server, change));
  return `${server} ${problem}`;
}

/** Everyone on the stable pool, nobody listed: how a target is left behind. */
export const normalTraffic = {
  period: 'normal',
  shareBp: 0,
  rest: 'stable',
  listsApply: false,
  testing: false,
} as const;

type Servers = ReleaseState['servers'];

/** The servers with some of them changed. */
export function changed(
  servers: Servers,
  ids: readonly string[],
  change: (id: string) => Partial<ServerState>,
): Servers {
  return Object.fromEntries(
    Object.entries(servers).map(([id, server]) => [id, ids.includes(id) ? { ...server, ...change(id) } : server]),
  );
}

export const placed = (servers: Servers, ids: readonly string[], place: Place): Servers =>
  changed(servers, ids, () => ({ place }));
