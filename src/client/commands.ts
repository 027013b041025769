/** One function per operator command; what each does and when it is taken stands in the actions table. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { CommandAnswer, CommandInput } from '../domain/actions.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type CommandOptions, type CommandReply, sendCommand, sendUrgently } from './command.ts';
import { type RollbackReply, rollbackRelease as rollback } from './rollback.ts';

/** Who asks, why, and an id that makes a repeat harmless (default: a new one). */
export interface Asked extends CommandOptions {
  readonly by: string;
  readonly reason?: string;
  readonly requestId?: string;
}

const inputOf = ({ by, reason = '', requestId = randomUUID() }: Asked): CommandInput => ({ by, reason, requestId });

/** Opens the gate of a stage (a number from 1) or of `leveling`. */
export const approveStage = (
  client: Client,
  target: string,
  stage: number | 'leveling',
  asked: Asked,
): Promise<CommandAnswer> => sendCommand(client, target, 'approve', { ...inputOf(asked), stage }, asked);

/** Stops the stage's clock and all progress, not the watching. */
export const pauseRelease = (client: Client, target: string, asked: Asked): Promise<CommandAnswer> =>
  sendCommand(client, target, 'pause', inputOf(asked), asked);

/** Goes on after a pause, or waives the verdict of a held release. */
export const resumeRelease = (client: Client, target: string, asked: Asked): Promise<CommandAnswer> =>
  sendCommand(client, target, 'resume', inputOf(asked), asked);

/** Repeats the failed phase of a held release from the deployment of its servers. */
export const retryRelease = (client: Client, target: string, asked: Asked): Promise<CommandAnswer> =>
  sendCommand(client, target, 'retry', inputOf(asked), asked);

/** Ends the hold of the stage early, as a recorded override. */
export const skipHold = (client: Client, target: string, asked: Asked): Promise<CommandAnswer> =>
  sendCommand(client, target, 'skip', inputOf(asked), asked);

/** Goes on without `server`. */
export const excludeServer = (client: Client, target: string, server: string, asked: Asked): Promise<CommandAnswer> =>
  sendCommand(client, target, 'exclude', { ...inputOf(asked), server }, asked);

/** Users leave gray at once, servers return to base. Never lost: `signalled` when no worker answers within 2 s. */
export const abortRelease = (client: Client, target: string, asked: Asked): Promise<CommandReply> =>
  sendUrgently(client, target, 'abort', inputOf(asked), asked);

/** As `abortRelease` with the outcome rolledBack; after the release closed it starts a run with mode `rollback`. */
export const rollbackRelease = (
  client: Client,
  target: string,
  asked: Asked & { readonly spec?: ReleaseSpec },
): Promise<RollbackReply> => rollback(client, target, inputOf(asked), asked);

/** Ends the watch: completed. */
export const finishWatch = (client: Client, target: string, asked: Asked): Promise<CommandAnswer> =>
  sendCommand(client, target, 'finish', inputOf(asked), asked);
