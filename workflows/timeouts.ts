/** Every time-out, retry and heartbeat of the release, with its reason. Attempts are counted, time without a worker is not. */

/** One route step that does not drain: a router that takes longer than this is treated as silent. */
export const routeMs = 5_000;

/** A route step that drains may take its patience plus this. */
export const drainMarginMs = 15_000;

/** A worker that was killed or frozen is noticed after this; every longer activity beats once a second. */
export const heartbeatMs = 5_000;

/** Deployments beat, and each server has its own limits; this only ends what nobody could end. */
export const deployMs = 24 * 60 * 60 * 1_000;

/** Checks beat too; each has its own time-out. */
export const checkMs = 60 * 60 * 1_000;

/** Preflight reads the router and every server. */
export const preflightMs = 60_000;

/** An observation ends by itself; this much later it is taken as lost and started again. */
export const observeMarginMs = 60_000;

/** Notifications retry by themselves and are then forgotten. */
export const notifyMs = 30_000;

/** Notifications under way may take this long before the run closes. */
export const lastWordsMs = 10_000;

/** A durable timer beside every observation says so when the observation is overdue. */
export const overdueMs = 30_000;

/** Waits without an end of their own are observed in slices of this length. */
export const sliceMs = 365 * 24 * 60 * 60 * 1_000;

const quick = { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 5_000 };

/** Towards users: some 80 seconds of attempts, then the exception period. */
export const forwardRetry = { ...quick, maximumAttempts: 20 };

/** Away from users, and observing: until it is done. */
export const endlessRetry = quick;

/** A few times, then without. */
export const politeRetry = { ...quick, maximumAttempts: 3 };

/** Between attempts on a server that does not come up, growing to the longest. */
export const serverRetryMs = { first: 10_000, longest: 5 * 60_000 } as const;
