/** Set the router's desired state, drain what left, and prove that traffic follows. */
import { cancellationSignal } from '@temporalio/activity';
import type { ConfirmRequest, Router } from '../src/adapters/router/port.ts';
import { GrayError } from '../src/domain/errors.ts';
import { readReachable } from '../src/domain/partly.ts';
import { effectiveShareBp } from '../src/domain/split.ts';
import { beating } from './beating.ts';
import type { Adapters } from './deps.ts';
import type { Confirm, RouteOrder, RouteResult, RouteStep } from './orders.ts';

type Done = Omit<RouteResult, 'servers'>;

/** A repeat goes on at the step whose fence the router already holds: the ones before it are behind us. */
export const route =
  (adapters: Adapters) =>
  async (order: RouteOrder): Promise<RouteResult> => {
    const router = adapters.router(order.router, order);
    return beating(undefined, async () => {
      let done: Done = { instance: '', closed: {}, unconfirmed: [] };
      let left = order.steps.length < 2 ? order.steps : await reached(router, order.steps);
      for (let step = left[0]; step !== undefined; step = left[0]) {
        const next = await carryOut(router, order, step).catch((error: unknown) => stepsAfter(router, left, error));
        if ('steps' in next) left = next.steps;
        else {
          done = merge(done, next);
          left = left.slice(1);
        }
      }
      const { servers } = await router.read();
      return { ...done, servers };
    });
  };

async function reached(router: Router, steps: readonly RouteStep[]): Promise<readonly RouteStep[]> {
  const { route: held } = await readReachable(router);
  const at = steps.findIndex(({ desired }) => desired.fence === held.fence && desired.release === held.release);
  return at === -1 ? steps : steps.slice(at);
}

/** An attempt of our own that had been frozen may have gone ahead of us: then its step is where we are. */
async function stepsAfter(
  router: Router,
  left: readonly RouteStep[],
  error: unknown,
): Promise<{ readonly steps: readonly RouteStep[] }> {
  if (!isStale(error)) throw error;
  const steps = await reached(router, left);
  if (steps.length === left.length) throw error;
  return { steps };
}

const isStale = (error: unknown): error is GrayError => error instanceof GrayError && error.code === 'staleFence';

async function carryOut(router: Router, order: RouteOrder, step: RouteStep): Promise<Done> {
  const { instance } = await router.apply(step.desired).catch((error: unknown) => overtaken(router, error));
  const request = { desired: step.desired, version: order.version, since: instance };
  const unconfirmed = step.confirm === null ? [] : await confirm(router, request, step.confirm);
  const drained = step.drain === null ? null : await router.drain({ ...step.drain, signal: cancellationSignal() });
  return { instance, closed: drained?.closed ?? {}, unconfirmed };
}

/** A writer that came too late learns which share is in force now, so that its way back stays below that. */
async function overtaken(router: Router, error: unknown): Promise<never> {
  if (!isStale(error)) throw error;
  const shareBp = effectiveShareBp((await readReachable(router)).route);
  throw new GrayError(error.code, error.message, { details: { ...error.details, shareBp }, cause: error });
}

async function confirm(
  router: Router,
  request: Pick<ConfirmRequest, 'desired' | 'version' | 'since'>,
  { unconfirmed, ...proof }: Confirm,
): Promise<readonly string[]> {
  const { ok, problems } = await router.confirm({ ...request, ...proof });
  if (ok || unconfirmed === 'isReported') return problems;
  throw new GrayError('routeNotConfirmed', `traffic does not follow the route: ${problems.join('; ')}`, {
    details: { problems },
  });
}

const merge = (one: Done, next: Done): Done => ({
  instance: next.instance,
  closed: { ...one.closed, ...next.closed },
  unconfirmed: [...one.unconfirmed, ...next.unconfirmed],
});
