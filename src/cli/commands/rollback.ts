/** `gray rollback`: the open release goes back, or a closed one is undone by a run of its own. */
import { rollbackRelease } from '../../client.ts';
import { actions } from '../../domain/actions.ts';
import { exitStatus } from '../../domain/errors.ts';
import { readReleaseFile } from '../../spec.ts';
import { exitOf } from '../exit.ts';
import { follow } from '../follow.ts';
import { invalid } from '../io.ts';
import { askedBy, askedOptions, print, withClient } from '../session.ts';
import { isSet, textOf, type Verb } from '../verb.ts';

export const rollback: Verb = {
  usage: 'rollback [target]',
  does: actions.rollback.does,
  more:
    `Taken in: ${actions.rollback.takenIn}. After the release closed it starts a run that returns every server to the base\n` +
    'recorded on it; the release file is that of the closed run, or --file.',
  group: 'Decide:',
  example: 'gray rollback payments --reason "INC-7" --watch',
  options: [
    ...askedOptions,
    ['--file <file>', 'the release file, where Temporal has forgotten the closed run'],
    ['--watch', 'show it live until it has closed'],
  ],
  run: async (call) => {
    const file = textOf(call.options, 'file');
    const spec = file === undefined ? undefined : await readReleaseFile(file, { env: call.io.env });
    const target = call.args[0] ?? spec?.target;
    if (target === undefined) throw invalid('name the target, or its release file with --file');
    if (spec !== undefined && spec.target !== target) throw invalid(`${file} is of ${spec.target}, not of ${target}`);
    return withClient(call, async (client) => {
      const reply = await rollbackRelease(client, target, { ...askedBy(call), ...(spec !== undefined && { spec }) });
      const watching = isSet(call.options, 'watch');
      if (watching && call.json) call.io.err(`${reply.answer}: ${reply.text}`);
      else print(call, { target, command: 'rollback', ...reply }, () => `${reply.answer}: ${reply.text}`);
      if (!watching) return exitStatus.ok;
      return asWished(await follow(call, client, target));
    });
  },
};

/** A rollback that was asked for and done is no failure. */
const asWished = (status: number): number =>
  status === exitOf({ phase: 'closed', outcome: 'rolledBack', mode: 'release' }) ? exitStatus.ok : status;
