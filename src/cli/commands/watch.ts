/** `gray watch`: a release live, to its end. */
import { follow } from '../follow.ts';
import { withClient } from '../session.ts';
import { argument, type Verb } from '../verb.ts';

export const watch: Verb = {
  usage: 'watch <target>',
  does: 'shows a release live until it has closed; exits with the status of its outcome',
  more: 'Plain lines when standard output is no terminal; with --json one status per line.',
  group: 'Release:',
  example: 'gray watch payments',
  run: (call) => withClient(call, (client) => follow(call, client, argument(call, 0))),
};
