/** Operator commands: an Update, which answers and may refuse; for abort and rollback also the Signal of the same name. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError, WorkflowUpdateStage } from '@temporalio/client';
import type { Command, CommandAnswer, CommandInput } from '../domain/actions.ts';
import { GrayError } from '../domain/errors.ts';
import { workflowIdOf } from '../domain/names.ts';
import { callMs, within } from './calls.ts';
import { findRun } from './facts.ts';
import { noWorker } from './workers.ts';

export interface CommandOptions {
  /** From sending to the answer; default 10 s. */
  readonly timeoutMs?: number;
}

export type CommandReply = CommandAnswer | SignalSent;

/** No worker took the Update in time; the Signal is in the history and is carried out as soon as one runs. */
export interface SignalSent {
  readonly answer: 'signalled';
  readonly text: string;
}

const answerMs = 10_000;

/** An Update that no worker accepted within this is doubled by the Signal. */
const acceptMs = 2_000;

/**
 * Sends `command` to the open release of `target` and returns its answer. Throws `refusedCommand` with the release's
 * own sentence, `noRelease`, `noWorker` when nobody answers, `temporalUnreachable`. A repeat with the same request id
 * does nothing twice.
 */
export async function sendCommand(
  client: Client,
  target: string,
  command: Command,
  input: CommandInput,
  options: CommandOptions = {},
): Promise<CommandAnswer> {
  const answer = await update(client, { target, command, input, acceptMs: options.timeoutMs ?? answerMs }, options);
  if (answer !== null) return answer;
  throw await noWorker(
    client,
    `no worker took \`${command}\` for ${target}; the same request id (${input.requestId}) may be sent again`,
  );
}

/** As `sendCommand`, but what no worker accepts within 2 s is sent as a Signal too, which survives everything. */
export async function sendUrgently(
  client: Client,
  target: string,
  command: 'abort' | 'rollback',
  input: CommandInput,
  options: CommandOptions = {},
): Promise<CommandReply> {
  const answer = await update(client, { target, command, input, acceptMs }, options);
  if (answer !== null) return answer;
  const handle = client.workflow.getHandle(workflowIdOf(target));
  await calling(client, target, callMs, () => handle.signal(command, input));
  return {
    answer: 'signalled',
    text: `no worker took ${command} within ${acceptMs / 1000} s; it is recorded and is carried out as soon as one runs`,
  };
}

interface Order {
  readonly target: string;
  readonly command: Command;
  readonly input: CommandInput;
  readonly acceptMs: number;
}

/** The answer, or null when no worker accepted in time. */
async function update(client: Client, order: Order, options: CommandOptions): Promise<CommandAnswer | null> {
  const { target, command, input } = order;
  const handle = client.workflow.getHandle(workflowIdOf(target));
  const waitForStage = WorkflowUpdateStage.ACCEPTED;
  try {
    const accepted = await calling(client, target, order.acceptMs, () =>
      handle.startUpdate<CommandAnswer, [CommandInput]>(command, {
        args: [input],
        updateId: input.requestId,
        waitForStage,
      }),
    );
    return await calling(client, target, options.timeoutMs ?? answerMs, () => accepted.result());
  } catch (error) {
    if (error instanceof GrayError && error.code === 'temporalUnreachable' && (await answers(client))) return null;
    throw error;
  }
}

/** A limit that ran out says nothing of the server: it may only wait for a worker. */
async function answers(client: Client): Promise<boolean> {
  await within(client, callMs, () => client.workflowService.getSystemInfo({}));
  return true;
}

async function calling<T>(client: Client, target: string, ms: number, call: () => Promise<T>): Promise<T> {
  try {
    return await within(client, ms, call);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refusal(error);
    if (error instanceof WorkflowNotFoundError) throw await noOpenRelease(client, target);
    throw error;
  }
}

const refusal = (error: WorkflowUpdateFailedError): GrayError =>
  new GrayError('refusedCommand', error.cause?.message ?? error.message, { cause: error });

async function noOpenRelease(client: Client, target: string): Promise<GrayError> {
  const latest = await findRun(client, target);
  if (latest === null) return new GrayError('noRelease', `no release of ${target} is known`, { details: { target } });
  const { outcome, run, version } = latest.facts;
  const text = `no release of ${target} is open; the last one, of ${version}, is closed: ${outcome ?? run}`;
  return new GrayError('noRelease', text, { details: { target, outcome, run, closed: true } });
}
