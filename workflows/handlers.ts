/** Commands come in as Updates (they answer, and may refuse) and as Signals of the same name (a refusal goes to the journal). */
import { ApplicationFailure, setHandler, uuid4 } from '@temporalio/workflow';
import type { Command, CommandAnswer, CommandInput } from '../src/domain/actions.ts';
import { actions, answerTo, commands, decide } from '../src/domain/actions.ts';
import { readCommandInput } from '../src/domain/command-input.ts';
import { take } from '../src/domain/commands.ts';
import { commandSignal, commandUpdate, statusQuery } from './messages.ts';
import type { Run } from './run.ts';

/** Called before the first await: an Update without a handler would be lost. */
export function listen(run: Run): void {
  setHandler(statusQuery, () => run.status(), { description: 'the whole status; takes no argument' });
  for (const command of commands) {
    const description = describe(command);
    setHandler(commandUpdate(command), (input) => obey(run, command, read(input)), {
      description,
      validator: (input) => {
        judge(run, command, read(input));
      },
    });
    setHandler(commandSignal(command), (input) => obeySignal(run, command, input), { description });
  }
}

/** For the Web UI, which shows this beside the box for the JSON. */
function describe(command: Command): string {
  const { does, takenIn, example } = actions[command];
  const json = JSON.stringify({ ...example, by: 'your name', reason: 'why', requestId: 'any unique text' });
  return `${does}. Taken in: ${takenIn}. Example: ${json}`;
}

function read(input: unknown): CommandInput {
  const parsed = readCommandInput(input, uuid4);
  if ('problem' in parsed) throw ApplicationFailure.nonRetryable(parsed.problem, 'invalidInput');
  return parsed.input;
}

/** Throws the refusal, which rejects an Update before anything is written. */
function judge(run: Run, command: Command, input: CommandInput): CommandAnswer {
  const decision = decide(run.state, command, input);
  if (decision.answer === 'refused')
    throw ApplicationFailure.nonRetryable(`${command} refused: ${decision.text}`, 'refusedCommand');
  return { answer: decision.answer, text: decision.text };
}

function obey(run: Run, command: Command, input: CommandInput): CommandAnswer {
  const known = answerTo(run.state, input.requestId);
  if (known !== undefined) return known;
  const answer = judge(run, command, input);
  run.update(take(run.state, command, input, answer, Date.now()));
  run.show();
  return answer;
}

function obeySignal(run: Run, command: Command, raw: unknown): void {
  try {
    obey(run, command, read(raw));
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    run.note(`${command} by Signal: ${error.message}`);
  }
}
