/** When users had left gray, as the history of the release tells it: set at the router, proven by requests, recorded. */
import type { WorkflowHandle } from '@temporalio/client';
import type { RouteOrder, RouteResult } from '../../activities/orders.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';

export interface Left {
  /** Epoch milliseconds, by the clock of the Temporal server, which is this machine's. */
  readonly atMs: number;
  /** The part of it at the router: from a worker's start on the route to its report. */
  readonly routerMs: number;
  readonly desired: DesiredRoute;
}

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** Throws when no route of the exception period was recorded, or when requests did not follow it. */
export async function whenUsersLeft(handle: WorkflowHandle): Promise<Left> {
  const events = (await handle.fetchHistory()).events ?? [];
  for (const event of events) {
    const desired = exceptionRoute(event);
    if (desired !== null) return proven(events, event, desired);
  }
  throw new Error('users never left gray');
}

function exceptionRoute({ activityTaskScheduledEventAttributes: scheduled }: Event): DesiredRoute | null {
  if (scheduled?.activityType?.name !== 'route') return null;
  const order: RouteOrder = json(scheduled.input?.payloads?.[0]?.data);
  const desired = order.steps[0]?.desired;
  return desired?.period === 'exception' ? desired : null;
}

function proven(events: readonly Event[], { eventId: scheduled }: Event, desired: DesiredRoute): Left {
  const end = events.find(
    ({ activityTaskCompletedEventAttributes: completed }) =>
      completed != null && String(completed.scheduledEventId) === String(scheduled),
  );
  if (end === undefined) throw new Error('the route of the exception period was never set');
  const result: RouteResult = json(end.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data);
  if (result.unconfirmed.length > 0) throw new Error(`traffic did not follow: ${result.unconfirmed.join('; ')}`);
  const started = events.find(
    ({ eventId }) => String(eventId) === String(end.activityTaskCompletedEventAttributes?.startedEventId),
  );
  return { atMs: timeOf(end), routerMs: timeOf(end) - timeOf(started), desired };
}

const timeOf = (event: Event | undefined): number =>
  Number(event?.eventTime?.seconds) * 1_000 + Number(event?.eventTime?.nanos) / 1e6;

const json = (data: Uint8Array | null | undefined) => JSON.parse(Buffer.from(data ?? []).toString('utf8'));
