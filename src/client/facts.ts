/** What Temporal itself keeps of a release: readable without a worker, and for as long as the namespace retains runs. */
import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { GrayError } from '../domain/errors.ts';
import { targetOf, workflowIdOf } from '../domain/names.ts';
import type { Outcome, Period, Phase } from '../domain/phases.ts';
import { forwardPhases } from '../domain/phases.ts';
import type { ReleaseMode } from '../domain/spec.ts';
import { callMs, within } from './calls.ts';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** Registered by `registerSearchAttributes`; names and types are those of `searchAttributeTypes`. */
export const attributes = {
  target: keyword('GrayTarget'),
  version: keyword('GrayVersion'),
  phase: keyword('GrayPhase'),
  period: keyword('GrayPeriod'),
  outcome: keyword('GrayOutcome'),
  request: keyword('GrayRequest'),
  share: defineSearchAttributeKey('GrayShare', SearchAttributeType.DOUBLE),
} as const;

/** Given at the start, and, by a rehearsal, at its end. */
export interface ReleaseMemo {
  readonly requestId: string;
  readonly by: string;
  readonly reason: string;
  readonly version: string;
  readonly digest: string;
  readonly mode: ReleaseMode;
  /** Of a closed rehearsal: how often the judge would have rolled back. */
  readonly falseRollbacks?: number;
}

/** One run of `grayRelease`. */
export interface RunFacts extends ReleaseMemo {
  readonly target: string;
  readonly workflowId: string;
  readonly runId: string;
  /** `open`, or how Temporal closed the run: `completed` is the ordinary end of every outcome. */
  readonly run: 'open' | 'completed' | 'failed' | 'terminated' | 'timedOut' | 'cancelled' | 'unknown';
  /** The last one recorded: a run that was terminated keeps the phase it was terminated in. */
  readonly phase: Phase;
  readonly period: Period;
  readonly outcome: Outcome | null;
  readonly shareBp: number;
  readonly startedAtMs: number;
  readonly closedAtMs: number | null;
}

export interface DescribedRun {
  readonly facts: RunFacts;
  readonly description: WorkflowExecutionDescription;
}

/** The open run of `target`, else its latest closed one. Throws `noRelease`. */
export async function describeRun(client: Client, target: string, runId?: string): Promise<DescribedRun> {
  const handle = client.workflow.getHandle(workflowIdOf(target), runId);
  try {
    const description = await within(client, callMs, () => handle.describe());
    return { facts: factsOf(description), description };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new GrayError('noRelease', `no release of ${target} is known`, { details: { target } });
    }
    throw error;
  }
}

/** As `describeRun`, with null where there is none. */
export async function findRun(client: Client, target: string): Promise<DescribedRun | null> {
  try {
    return await describeRun(client, target);
  } catch (error) {
    if (error instanceof GrayError && error.code === 'noRelease') return null;
    throw error;
  }
}

/** What a description and an entry of a list have in common. */
type RunInfo = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'typedSearchAttributes'
> & {
  readonly closeTime?: Date | undefined;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
};

export function factsOf(info: RunInfo): RunFacts {
  const found = info.typedSearchAttributes;
  const run = runOf(info);
  return {
    ...memoOf(info.memo),
    target: found.get(attributes.target) ?? targetOf(info.workflowId),
    workflowId: info.workflowId,
    runId: info.runId,
    run,
    phase: phases.find((phase) => phase === found.get(attributes.phase)) ?? (run === 'open' ? 'preflight' : 'closed'),
    period: periods.find((period) => period === found.get(attributes.period)) ?? 'normal',
    outcome: outcomes.find((outcome) => outcome === found.get(attributes.outcome)) ?? null,
    shareBp: Math.round((found.get(attributes.share) ?? 0) * 100),
    startedAtMs: info.startTime.getTime(),
    closedAtMs: info.closeTime?.getTime() ?? null,
  };
}

export const phases: readonly Phase[] = [...forwardPhases, 'exception', 'rollback', 'closed'];
const periods: readonly Period[] = ['normal', 'gray', 'exception'];
export const outcomes: readonly Outcome[] = ['completed', 'stopped', 'rolledBack', 'aborted', 'refused', 'rehearsed'];
const modes: readonly ReleaseMode[] = ['release', 'rollback', 'rehearsal'];

function memoOf(memo: Readonly<Record<string, unknown>> = {}): ReleaseMemo {
  const text = (key: 'requestId' | 'by' | 'reason' | 'version' | 'digest') =>
    typeof memo[key] === 'string' ? memo[key] : 'unknown';
  return {
    requestId: text('requestId'),
    by: text('by'),
    reason: text('reason'),
    version: text('version'),
    digest: text('digest'),
    mode: modes.find((mode) => mode === memo.mode) ?? 'release',
    ...(typeof memo.falseRollbacks === 'number' && { falseRollbacks: memo.falseRollbacks }),
  };
}

function runOf({ status }: RunInfo): RunFacts['run'] {
  switch (status.name) {
    case 'RUNNING':
    case 'PAUSED':
    case 'CONTINUED_AS_NEW':
      return 'open';
    case 'COMPLETED':
      return 'completed';
    case 'FAILED':
      return 'failed';
    case 'TERMINATED':
      return 'terminated';
    case 'TIMED_OUT':
      return 'timedOut';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return 'unknown';
  }
}
