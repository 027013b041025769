/** `gray search-attributes`: what releases can be searched by, once per namespace. */
import { registerSearchAttributes } from '../../client.ts';
import { exitStatus } from '../../domain/errors.ts';
import { invalid } from '../io.ts';
import { print, withClient } from '../session.ts';
import { argument, type Verb } from '../verb.ts';

export const searchAttributes: Verb = {
  usage: 'search-attributes <register>',
  does: 'registers the search attributes of releases in the namespace; repeats change nothing',
  group: 'Operate:',
  example: 'gray search-attributes register --profile production',
  run: async (call) => {
    const what = argument(call, 0);
    if (what !== 'register') throw invalid(`unknown: search-attributes ${what}; known: register`);
    const { namespace } = call.config.temporal;
    return withClient(call, async (client) => {
      const done = await registerSearchAttributes(client.connection, namespace);
      print(call, { namespace, ...done }, () => [
        ...done.added.map((name) => `${name} registered`),
        ...done.present.map((name) => `${name} was there`),
      ]);
      return exitStatus.ok;
    });
  },
};
