/** Commands as Updates and as Signals of the same name, and the status Query. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command, CommandAnswer, CommandInput } from '../src/domain/actions.ts';
import type { Status } from '../src/domain/status.ts';

export const statusQuery = defineQuery<Status>('status');

export const commandUpdate = (command: Command) => defineUpdate<CommandAnswer, [CommandInput]>(command);
export const commandSignal = (command: Command) => defineSignal<[CommandInput]>(command);
