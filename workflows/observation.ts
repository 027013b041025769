/** One observation: ordered from the state, and its answer taken into the state. */
import {
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Next, Observation, ObserveOrder } from '../activities/orders.ts';
import type { Beat } from '../activities/seen.ts';
import { desiredRoute } from '../src/domain/desired.ts';
import type { JudgeContext, Verdict } from '../src/domain/verdict.ts';
import { observe } from './proxies.ts';
import type { Run } from './run.ts';
import { observeMarginMs, sliceMs } from './timeouts.ts';

export interface Watch {
  readonly summary: string;
  /** When the observation ends by itself; asked again after every disturbance. */
  readonly endAtMs?: () => number;
  readonly endOnPass?: boolean;
  /** A durable timer of this name stands beside the observation. */
  readonly timer?: boolean;
  readonly rules?: JudgeContext['rules'];
  /** While leveling moves servers the arms follow the router and nothing is restored. */
  readonly follow?: boolean;
  /** What comes after this watch; where it ends well its observation is kept for that. */
  readonly next?: () => Next;
  readonly keeps?: () => boolean;
  /** The watch goes on with an observation that was kept for it. */
  readonly takesUp?: Next['kind'];
  readonly until: () => boolean;
}

export interface Observing {
  readonly order: ObserveOrder;
  readonly scope: CancellationScope;
  readonly answer: Promise<Observation>;
}

export function startObserving(run: Run, watch: Watch): Observing {
  const scope = new CancellationScope();
  const order = orderOf(run, watch);
  const options = { summary: watch.summary, startToCloseTimeout: startToClose(order) };
  const answer = scope.run(() => observe.executeWithOptions(options, [order]));
  answer.catch(() => undefined);
  return { order, scope, answer };
}

/** What the observation says when it ends, also by its last heartbeat where it was asked in vain. */
export async function evidenceOf(run: Run, { scope, answer }: Observing): Promise<Observation> {
  const beside = CancellationScope.current();
  try {
    return remember(run, await answer);
  } catch (error) {
    if (beside.consideredCancelled) throw new CancelledFailure('stopped');
    const asked = isCancellation(error) || (scope.consideredCancelled && error instanceof ActivityFailure);
    if (!asked) throw error;
    return withoutAnswer(run, error);
  }
}

/** Evidence of the present stage gives its verdict; what came before it only counts as memory of the judge. */
function remember(run: Run, seen: Observation): Observation {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('stopped');
  const { fold, verdict, stage } = seen;
  run.update(stage === run.state.stage ? { fold, verdict, newStage: false } : { fold });
  run.show();
  return seen;
}

/** Its worker is gone: what it said last, by its heartbeat, counts. */
function withoutAnswer(run: Run, error: unknown): Observation {
  const said = lastBeat(error);
  if (said !== null) return remember(run, { ended: 'asked', down: [], stage: run.state.stage, ...said });
  return nothingNew(run);
}

export const nothingNew = ({ state: { verdict, fold, stage } }: Run): Observation => ({
  ...{ ended: 'asked', down: [], stage },
  verdict: verdict ?? noVerdict,
  fold: fold ?? noFold,
});

function lastBeat(error: unknown): Said | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return null;
  const said: unknown = error.cause.lastHeartbeatDetails;
  return isSaid(said) ? said : null;
}

type Said = Pick<Beat, 'fold' | 'verdict'> & Partial<Pick<Beat, 'stage'>>;

const isSaid = (said: unknown): said is Said =>
  typeof said === 'object' && said !== null && 'fold' in said && 'verdict' in said;

function orderOf({ request, spec, state, release }: Run, watch: Watch): ObserveOrder {
  const { target, servers, router, metrics, judge } = spec;
  const { fold, stage, newStage, shareBp, instance } = state;
  const follow = watch.follow === true;
  return {
    ...{ release, target, servers, router, metrics, judge, fold, stage, newStage, shareBp, instance },
    ...(request.mode === 'rehearsal' && { rehearsal: true }),
    rules: watch.rules ?? 'all',
    restBp: spec.audience.restBp,
    expect: follow || state.drifted === true ? null : desiredRoute(state, spec, release),
    next: watch.next?.() ?? null,
    knownDown: Object.keys(state.servers).filter(
      (id) => state.servers[id]?.up === false && state.servers[id]?.place !== 'out',
    ),
    endAtMs: watch.endAtMs?.() ?? Date.now() + sliceMs,
    endOnPass: watch.endOnPass === true,
  };
}

const startToClose = ({ endAtMs }: ObserveOrder): number => Math.max(0, endAtMs - Date.now()) + observeMarginMs;

const noFold = { upToMs: 0, memory: {} };
const noVerdict: Verdict = { kind: 'inconclusive', reason: 'nothing was observed yet', evidence: [], untilMs: 0 };
