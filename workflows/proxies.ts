/** Activities as the workflow calls them: towards users with a budget of attempts, away from users without end. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, WorkActivities } from '../activities/index.ts';
import { workQueue } from '../src/domain/names.ts';
import * as limits from './timeouts.ts';

/** A cancelled activity is not waited for: what it still does is fenced. */
const cancellationType = ActivityCancellationType.TRY_CANCEL;
const work = { taskQueue: workQueue, cancellationType };

const { preflight } = proxyActivities<Pick<WorkActivities, 'preflight'>>({
  ...work,
  startToCloseTimeout: limits.preflightMs,
  heartbeatTimeout: limits.heartbeatMs,
  retry: limits.forwardRetry,
});

const { checkServers, checkEntrance, readServers } = proxyActivities<
  Pick<WorkActivities, 'checkServers' | 'checkEntrance' | 'readServers'>
>({
  ...work,
  startToCloseTimeout: limits.checkMs,
  heartbeatTimeout: limits.heartbeatMs,
  retry: limits.forwardRetry,
});

export const forward = { preflight, checkServers, checkEntrance, readServers } as const;

type Way = 'forward' | 'back';

const route = (way: Way) =>
  proxyActivities<ControlActivities>({
    cancellationType,
    startToCloseTimeout: limits.routeMs,
    retry: way === 'forward' ? limits.forwardRetry : limits.endlessRetry,
  }).route;

const deploy = (way: Way) =>
  proxyActivities<Pick<WorkActivities, 'deploy'>>({
    ...work,
    startToCloseTimeout: limits.deployMs,
    heartbeatTimeout: limits.heartbeatMs,
    retry: way === 'forward' ? limits.forwardRetry : limits.endlessRetry,
  }).deploy;

export const routes = { forward: route('forward'), back: route('back') } as const;
export const deploys = { forward: deploy('forward'), back: deploy('back') } as const;

/** Waited for when cancelled: it answers with its fold. */
export const { observe } = proxyActivities<Pick<WorkActivities, 'observe'>>({
  taskQueue: workQueue,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  startToCloseTimeout: limits.sliceMs,
  heartbeatTimeout: limits.heartbeatMs,
  retry: limits.endlessRetry,
});

export const { runHook } = proxyActivities<Pick<WorkActivities, 'runHook'>>({
  ...work,
  startToCloseTimeout: limits.checkMs,
  heartbeatTimeout: limits.heartbeatMs,
  retry: limits.politeRetry,
});

export const { notify } = proxyActivities<Pick<WorkActivities, 'notify'>>({
  ...work,
  startToCloseTimeout: limits.notifyMs,
  retry: limits.politeRetry,
});
