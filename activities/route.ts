/** Set the router's desired state, drain what left, and prove that traffic follows. */
import { cancellationSignal } from '@temporalio/activity';
import type { Router } from '../src/adapters/router/port.ts';
import { GrayError } from '../src/domain/errors.ts';
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
      for (const step of await stepsLeft(router, order.steps)) done = merge(done, await carryOut(router, order, step));
      const { servers } = await router.read();
      return { ...done, servers };
    });
  };

async function stepsLeft(router: Router, steps: readonly RouteStep[]): Promise<readonly RouteStep[]> {
  if (steps.length < 2) return steps;
  const { route: held } = await router.read();
  const reached = steps.findIndex(({ desired }) => desired.fence === held.fence && desired.release === held.release);
  return reached === -1 ? steps : steps.slice(reached);
}

async function carryOut(router: Router, order: RouteOrder, step: RouteStep): Promise<Done> {
  const { instance } = await router.apply(step.desired).catch((error: unknown) => overtaken(router, error));
  const unconfirmed = step.confirm === null ? [] : await confirm(router, order, step, step.confirm);
  const drained = step.drain === null ? null : await router.drain({ ...step.drain, signal: cancellationSignal() });
  return { instance, closed: drained?.closed ?? {}, unconfirmed };
}

/** A writer that came too late learns which share is in force now, so that its way back stays below that. */
async function overtaken(router: Router, error: unknown): Promise<never> {
  if (!(error instanceof GrayError) || error.code !== 'staleFence') throw error;
  const shareBp = effectiveShareBp((await router.read()).route);
  throw new GrayError(error.code, error.message, { details: { ...error.details, shareBp }, cause: error });
}

async function confirm(
  router: Router,
  order: RouteOrder,
  step: RouteStep,
  wanted: Confirm,
): Promise<readonly string[]> {
  const { expected, formerly } = wanted;
  const { ok, problems } = await router.confirm({ desired: step.desired, version: order.version, expected, formerly });
  if (ok || wanted.unconfirmed === 'isReported') return problems;
  throw new GrayError('routeNotConfirmed', `traffic does not follow the route: ${problems.join('; ')}`, {
    details: { problems },
  });
}

const merge = (one: Done, next: Done): Done => ({
  instance: next.instance,
  closed: { ...one.closed, ...next.closed },
  unconfirmed: [...one.unconfirmed, ...next.unconfirmed],
});
