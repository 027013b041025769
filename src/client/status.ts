/** Where a release is: from the workflow itself, with what running activities say; stale from Temporal's own records where no worker answers. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { ActivityStatus, Status } from '../domain/status.ts';
import { callMs, grpc, grpcCode, within } from './calls.ts';
import { type DescribedRun, describeRun, type RunFacts } from './facts.ts';
import { withLive } from './live.ts';
import { isStatus } from './status-shape.ts';

/** Without a worker a Query would hang for half a minute. */
const queryMs = 2_000;

/**
 * The status of the open release of `target`, else of its latest closed one, or of the run `runId`. Within 2 s after
 * Temporal answers, also without a worker: then `stale` says why, and only what Temporal itself keeps is filled in.
 * Throws `noRelease`, `temporalUnreachable`.
 */
export async function releaseStatus(client: Client, target: string, runId?: string): Promise<Status> {
  const run = await describeRun(client, target, runId);
  return run.facts.run === 'open' ? openStatus(client, run) : closedStatus(client, run);
}

async function openStatus(client: Client, run: DescribedRun): Promise<Status> {
  const { facts, description } = run;
  const activities = await activitiesOf(client, description);
  const handle = client.workflow.getHandle(facts.workflowId, facts.runId);
  try {
    const status = await client.withDeadline(Date.now() + queryMs, () => handle.query<unknown>('status'));
    if (!isStatus(status))
      return { ...fromFacts(facts, 'the worker answers in a shape this program does not know'), activities };
    return status.phase === 'closed' ? status : withLive(status, activities);
  } catch (error) {
    return withLive(
      fromFacts(facts, `no worker answers (${why(error)}); this is what Temporal itself keeps`),
      activities,
    );
  }
}

const why = (error: unknown): string => {
  const code = grpcCode(error);
  if (code === grpc.deadlineExceeded) return `within ${queryMs / 1000} s`;
  if (code === grpc.failedPrecondition) return 'none was seen lately';
  return error instanceof Error ? error.message : String(error);
};

async function closedStatus(client: Client, { facts }: DescribedRun): Promise<Status> {
  if (facts.run !== 'completed') return fromFacts(facts, closedBadly(facts));
  const handle = client.workflow.getHandle(facts.workflowId, facts.runId, { followRuns: false });
  const result: unknown = await within(client, callMs, () => handle.result());
  return isStatus(result) ? result : fromFacts(facts, 'the run closed with a result of another shape');
}

function closedBadly({ run, phase, target, mode }: RunFacts): string {
  const how = run === 'timedOut' ? 'timed out' : run;
  const end = `the run was ${how} from outside in phase ${phase} and left servers and traffic as they were`;
  return mode === 'rehearsal'
    ? `${end}; \`gray abort --direct\` takes users off gray, and the same rehearsal again ends in normal traffic`
    : `${end}; \`gray rollback ${target}\` brings them back to base`;
}

/** Running activities: attempts, last failure, and the heartbeat as the activity wrote it. */
async function activitiesOf(client: Client, description: WorkflowExecutionDescription): Promise<ActivityStatus[]> {
  const pending = description.raw.pendingActivities ?? [];
  return Promise.all(
    pending.map(async ({ activityType, attempt, lastFailure, heartbeatDetails }) => {
      const [progress] = await heartbeat(client, heartbeatDetails?.payloads);
      return {
        name: activityType?.name ?? 'unknown',
        attempt: attempt ?? 1,
        ...(lastFailure?.message && { lastFailure: lastFailure.message }),
        ...(progress !== undefined && { progress }),
      };
    }),
  );
}

type Payloads = Parameters<typeof decodeArrayFromPayloads>[1];

const heartbeat = (client: Client, payloads: Payloads): Promise<unknown[]> =>
  decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);

/** A status of what is known without a worker; everything else is empty. */
export function fromFacts(facts: RunFacts, stale: string): Status {
  const { target, workflowId, runId, requestId, mode, version, digest, by, reason, startedAtMs } = facts;
  const { period, outcome, shareBp } = facts;
  const phase = facts.run === 'open' ? facts.phase : 'closed';
  return {
    schema: 1,
    target,
    release: `${workflowId}/${runId}`,
    requestId,
    mode,
    version,
    digest,
    by,
    reason,
    startedAtMs,
    updatedAtMs: facts.closedAtMs ?? startedAtMs,
    phase,
    period,
    outcome,
    shareBp,
    ...nothingKnown,
    stale,
  };
}

const nothingKnown = {
  rest: 'stable',
  fence: 0,
  stablePool: 'a',
  loads: { gray: 0, stable: 0 },
  stage: null,
  servers: [],
  verdict: null,
  failure: null,
  held: false,
  paused: null,
  stop: null,
  gate: null,
  waiting: null,
  stuck: [],
  excluded: [],
  may: [],
  mayExclude: [],
  journal: [],
} as const satisfies Partial<Status>;
