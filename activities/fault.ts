/** Every error that leaves an activity carries a stable type; permanent ones are not retried. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { GrayError } from '../src/domain/errors.ts';

type Activity<In, Out> = (order: In) => Promise<Out>;

export function activity<In, Out>(run: Activity<In, Out>): Activity<In, Out> {
  return async (order) => {
    try {
      return await run(order);
    } catch (error) {
      throw asFailure(error);
    }
  };
}

/** A plain error stays as it is: a defect, retried until fixed code is deployed. */
function asFailure(error: unknown): unknown {
  if (!(error instanceof GrayError) || error instanceof CancelledFailure) return error;
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !error.transient,
    details: [error.details],
    ...(error.cause instanceof Error && { cause: error.cause }),
  });
}
