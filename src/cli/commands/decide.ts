/** The operator commands that are plain Updates, generated from the actions table. */
import { randomUUID } from 'node:crypto';
import { sendCommand } from '../../client.ts';
import { actions, type Command, type CommandInput } from '../../domain/actions.ts';
import { exitStatus } from '../../domain/errors.ts';
import { invalid } from '../io.ts';
import { askedBy, askedOptions, print, withClient } from '../session.ts';
import { argument, type Call, type Verb } from '../verb.ts';

/** Abort and rollback have more to them, and files of their own. */
type Plain = Exclude<Command, 'abort' | 'rollback'>;

const plain = ['approve', 'pause', 'resume', 'retry', 'skip', 'exclude', 'finish'] as const satisfies readonly Plain[];

/** The argument after the target, for those that take one. */
const subjects: { readonly [C in Plain]?: 'stage' | 'server' } = { approve: 'stage', exclude: 'server' };

export const decisions: readonly Verb[] = plain.map(verbOf);

function verbOf(command: Plain): Verb {
  const { does, takenIn, example } = actions[command];
  const subject = subjects[command];
  const shown = subject === undefined ? '' : ` ${example[subject] ?? ''}`;
  return {
    usage: subject === undefined ? `${command} <target>` : `${command} <target> <${subject}>`,
    does,
    more: `Taken in: ${takenIn}.${subject === 'stage' ? ' The stage is a number from 1, or `leveling`.' : ''}`,
    group: 'Decide:',
    example: `gray ${command} payments${shown} --reason "looks good"`,
    options: askedOptions,
    run: (call) => decide(call, command),
  };
}

async function decide(call: Call, command: Plain): Promise<number> {
  const target = argument(call, 0);
  const input: CommandInput = { ...inputOf(call), ...subjectOf(call, command) };
  return withClient(call, async (client) => {
    const answer = await sendCommand(client, target, command, input);
    print(call, { target, command, requestId: input.requestId, ...answer }, () => `${answer.answer}: ${answer.text}`);
    return exitStatus.ok;
  });
}

function inputOf(call: Call): CommandInput {
  const { by, reason = '', requestId = randomUUID() } = askedBy(call);
  return { by, reason, requestId };
}

function subjectOf(call: Call, command: Plain): Pick<CommandInput, 'stage' | 'server'> {
  const subject = subjects[command];
  if (subject === undefined) return {};
  return subject === 'server' ? { server: argument(call, 1) } : { stage: stageOf(argument(call, 1)) };
}

function stageOf(text: string): number | 'leveling' {
  if (text === 'leveling') return text;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw invalid(`a stage is a number from 1, or \`leveling\`, not ${text}`);
}
