/** `gray list`: releases of all targets. */

import { outcomes } from '../../client/facts.ts';
import { listReleases, type ReleaseFilter } from '../../client.ts';
import { exitStatus } from '../../domain/errors.ts';
import { invalid } from '../io.ts';
import { renderList } from '../render-list.ts';
import { print, withClient } from '../session.ts';
import { type Call, isSet, textOf, type Verb } from '../verb.ts';

export const list: Verb = {
  usage: 'list [target]',
  does: 'lists releases, newest first',
  group: 'Release:',
  example: 'gray list payments --outcome rolledBack',
  options: [
    ['--open', 'only those that are open'],
    ['--outcome <outcome>', `only those that ended so: ${outcomes.join(', ')}`],
    ['--limit <count>', 'at most so many (50)'],
  ],
  run: async (call) => {
    const filter = filterOf(call);
    return withClient(call, async (client) => {
      const runs = await listReleases(client, filter);
      print(call, runs, () => renderList(runs));
      return exitStatus.ok;
    });
  },
};

function filterOf({ args, options }: Call): ReleaseFilter {
  const [target] = args;
  const asked = textOf(options, 'outcome');
  const outcome = outcomes.find((known) => known === asked);
  if (asked !== undefined && outcome === undefined) {
    throw invalid(`no outcome ${asked}; known: ${outcomes.join(', ')}`);
  }
  const limit = Number(textOf(options, 'limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1) throw invalid('--limit expects a whole number from 1');
  return {
    limit,
    ...(target !== undefined && { target }),
    ...(outcome !== undefined && { outcome }),
    ...(isSet(options, 'open') && { open: true }),
  };
}
