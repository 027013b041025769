/** Starts a release: the workflow ID is the lock, the request id makes a repeat harmless. */
import { randomUUID } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { GrayError, InvalidInput } from '../domain/errors.ts';
import { controlQueue, workflowIdOf, workflowType } from '../domain/names.ts';
import { planRelease } from '../domain/plan.ts';
import type { ReleaseRequest, ReleaseSpec } from '../domain/spec.ts';
import { parseReleaseRequest } from '../spec/request.ts';
import { callMs, grpc, grpcCode, serverSays, within } from './calls.ts';
import { sendCommand } from './command.ts';
import { attributes, describeRun, findRun, type ReleaseMemo, type RunFacts } from './facts.ts';
import { listReleases } from './list.ts';
import { staticDetails, staticSummary } from './summary.ts';
import { waitForRelease } from './wait.ts';

export interface StartRequest {
  readonly spec: ReleaseSpec;
  /**
   * `rollback` brings every server back to the base recorded on it; `rehearsal` releases the running version to itself and
   * counts how often the judge would have rolled back. Default `release`.
   */
  readonly mode?: ReleaseRequest['mode'];
  readonly by: string;
  readonly reason?: string;
  /** The same id starts nothing twice, also after the run closed (while Temporal retains it). Default: a new one. */
  readonly requestId?: string;
  /** Ends a release of this target that is in its watch, then starts. */
  readonly finishWatch?: boolean;
}

export interface StartedRelease {
  readonly target: string;
  readonly version: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly requestId: string;
  /** This request had started the release before; nothing new was started. */
  readonly already: boolean;
}

/**
 * Starts a release and returns at once; see `waitForRelease`. Throws `invalidInput` for a bad request or a plan
 * with problems, `targetBusy` when another release of this target is open, `temporalUnreachable`, `searchAttributesMissing`.
 */
export async function startRelease(client: Client, asked: StartRequest): Promise<StartedRelease> {
  const request = requestOf(asked);
  if (request.mode !== 'rollback') refuseImpossible(request.spec);
  const before = await startedBefore(client, request);
  if (before !== null) return started(request, before.runId, true);
  try {
    return await startRun(client, request);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw startFault(error);
    const { facts } = await describeRun(client, request.spec.target);
    if (facts.requestId === request.requestId) return started(request, facts.runId, true);
    if (asked.finishWatch !== true || facts.phase !== 'watch') throw targetBusy(facts);
    await endWatch(client, request, facts);
    return startRelease(client, { ...asked, requestId: request.requestId, finishWatch: false });
  }
}

/** Checked like a release file, since a program may have made it. */
function requestOf({
  spec,
  mode = 'release',
  by,
  reason = '',
  requestId = randomUUID(),
}: StartRequest): ReleaseRequest {
  return parseReleaseRequest({ spec, mode, by, reason, requestId });
}

function refuseImpossible(spec: ReleaseSpec): void {
  const { problems } = planRelease(spec);
  if (problems.length > 0) throw new InvalidInput(`the plan for ${spec.target}`, problems);
}

const started = ({ spec, requestId }: ReleaseRequest, runId: string, already: boolean): StartedRelease => ({
  target: spec.target,
  version: spec.artifact.version,
  workflowId: workflowIdOf(spec.target),
  runId,
  requestId,
  already,
});

/** The latest run is read without delay; an older one is looked up by its attribute. */
async function startedBefore(client: Client, { spec, requestId }: ReleaseRequest): Promise<RunFacts | null> {
  const latest = await findRun(client, spec.target);
  if (latest === null || latest.facts.requestId === requestId) return latest?.facts ?? null;
  const [older] = await listReleases(client, { target: spec.target, requestId, limit: 1 });
  return older ?? null;
}

async function startRun(client: Client, request: ReleaseRequest): Promise<StartedRelease> {
  const handle = await within(client, callMs, () =>
    client.workflow.start(workflowType, {
      workflowId: workflowIdOf(request.spec.target),
      taskQueue: controlQueue,
      args: [request],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      // After a killed worker another one takes over within this time. No time-out for the run: it would run no code.
      workflowTaskTimeout: 3_000,
      staticSummary: staticSummary(request),
      staticDetails: staticDetails(request),
      memo: { ...memoOf(request) },
      typedSearchAttributes: attributesOf(request),
    }),
  );
  return started(request, handle.firstExecutionRunId, false);
}

const memoOf = ({ spec, mode, by, reason, requestId }: ReleaseRequest): ReleaseMemo => ({
  requestId,
  by,
  reason,
  version: spec.artifact.version,
  digest: spec.artifact.digest,
  mode,
});

const attributesOf = ({ spec, requestId }: ReleaseRequest) => [
  { key: attributes.target, value: spec.target },
  { key: attributes.version, value: spec.artifact.version },
  { key: attributes.phase, value: 'preflight' },
  { key: attributes.period, value: 'normal' },
  { key: attributes.request, value: requestId },
  { key: attributes.share, value: 0 },
];

function startFault(error: unknown): unknown {
  const text = serverSays(error);
  if (grpcCode(error) !== grpc.invalidArgument || !/search attribute/i.test(text)) return error;
  return new GrayError('searchAttributesMissing', `the namespace lacks search attributes: ${text}`, { cause: error });
}

function targetBusy(facts: RunFacts): GrayError {
  const { target, version, by, phase, requestId, runId, startedAtMs } = facts;
  const since = new Date(startedAtMs).toISOString();
  const hint = phase === 'watch' ? '; it is in its watch, so `gray start --finish-watch` ends it and starts yours' : '';
  return new GrayError(
    'targetBusy',
    `${target} is being released to ${version}, started by ${by} at ${since}, now in ${phase}; \`gray status ${target}\` shows it${hint}`,
    { details: { target, version, by, phase, requestId, runId, startedAt: since } },
  );
}

/** A watch ends with a last commit at the router. */
const endWatchMs = 60_000;

async function endWatch(client: Client, { by, reason, requestId }: ReleaseRequest, facts: RunFacts): Promise<void> {
  const why = reason === '' ? 'a new release starts' : reason;
  await sendCommand(client, facts.target, 'finish', { by, reason: why, requestId: `${requestId}/finish-watch` });
  await waitForRelease(client, facts.target, { until: 'closed', requestId: facts.requestId, timeoutMs: endWatchMs });
}
