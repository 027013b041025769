/** Rollback: a command while the release is open, a release of its own afterwards. */
import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { CommandInput } from '../domain/actions.ts';
import { GrayError } from '../domain/errors.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { callMs, within } from './calls.ts';
import { type CommandOptions, type CommandReply, sendUrgently } from './command.ts';
import { describeRun, type RunFacts } from './facts.ts';
import { listReleases } from './list.ts';
import { type StartedRelease, startRelease } from './start.ts';
import { releaseStatus } from './status.ts';

export type RollbackReply = CommandReply | (StartedRelease & { readonly answer: 'started'; readonly text: string });

/**
 * Brings every server of `target` back to base: the open release does it, or, after it closed, a new run with mode
 * `rollback`. `spec` replaces the release file of the closed run, which Temporal forgets after the retention time.
 * Throws like `sendCommand` and `startRelease`.
 */
export async function rollbackRelease(
  client: Client,
  target: string,
  input: CommandInput,
  options: CommandOptions & { readonly spec?: ReleaseSpec } = {},
): Promise<RollbackReply> {
  try {
    return await sendUrgently(client, target, 'rollback', input, options);
  } catch (error) {
    const nothingOpen = error instanceof GrayError && error.code === 'noRelease';
    if (!nothingOpen || (options.spec === undefined && error.details.closed !== true)) throw error;
    return rollBackClosed(client, target, input, options.spec);
  }
}

async function rollBackClosed(
  client: Client,
  target: string,
  input: CommandInput,
  given: ReleaseSpec | undefined,
): Promise<RollbackReply> {
  const last = given === undefined ? await lastThatChanged(client, target) : null;
  if (last !== null && last.requestId !== input.requestId && (await isBack(client, last))) {
    return { answer: 'already', text: `${target} is on base already: the last release ended ${last.outcome}` };
  }
  const spec = given ?? (await specOf(client, last ?? (await describeRun(client, target)).facts));
  const { by, reason, requestId } = input;
  const started = await startRelease(client, { spec, mode: 'rollback', by, reason, requestId });
  const text = `the release was closed; a run that brings ${target} back to base ${started.already ? 'was started before' : 'is started'}`;
  return { ...started, answer: 'started', text };
}

/** The latest run that changed servers: neither refused before it touched anything, nor a rehearsal. */
async function lastThatChanged(client: Client, target: string): Promise<RunFacts> {
  const { facts } = await describeRun(client, target);
  if (changes(facts)) return facts;
  if (facts.mode === 'rehearsal' && facts.run !== 'completed') {
    const way = '`gray abort --direct`, then the same rehearsal again; to undo the release before it name its file';
    throw new GrayError('noRelease', `the last run of ${target} is a lost rehearsal, which changed no server: ${way}`);
  }
  const found = (await listReleases(client, { target })).find(changes);
  if (found !== undefined || facts.mode !== 'rehearsal') return found ?? facts;
  const text = `only rehearsals of ${target} are known, which changed no server; name the release file to undo what ran before`;
  throw new GrayError('noRelease', text, { details: { target } });
}

const changes = ({ mode, outcome }: RunFacts): boolean => mode !== 'rehearsal' && outcome !== 'refused';

/** Every server is on base again; one that was excluded may not be. */
async function isBack(client: Client, { run, outcome, target, runId }: RunFacts): Promise<boolean> {
  const ended = outcome === 'stopped' || outcome === 'rolledBack' || outcome === 'aborted';
  if (run !== 'completed' || !ended) return false;
  return (await releaseStatus(client, target, runId)).excluded.length === 0;
}

/** The release file of a run, out of the first event of its history. */
async function specOf(client: Client, { target, workflowId, runId }: RunFacts): Promise<ReleaseSpec> {
  const { namespace } = client.options;
  const { history } = await within(client, callMs, () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  );
  const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [request] = await decodeArrayFromPayloads(client.options.loadedDataConverter, input);
  if (isRequest(request, target)) return request.spec;
  throw new GrayError('noRelease', `the last run of ${target} does not tell its release file; name it`);
}

const isRequest = (value: unknown, target: string): value is { readonly spec: ReleaseSpec } =>
  typeof value === 'object' &&
  value !== null &&
  'spec' in value &&
  typeof value.spec === 'object' &&
  value.spec !== null &&
  'target' in value.spec &&
  value.spec.target === target;
