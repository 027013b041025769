/** `gray status`: one look. */
import { releaseStatus } from '../../client.ts';
import { exitStatus } from '../../domain/errors.ts';
import { renderStatus } from '../render-status.ts';
import { linkOf, print, withClient } from '../session.ts';
import { argument, type Verb } from '../verb.ts';

export const status: Verb = {
  usage: 'status <target>',
  does: 'shows the open release of a target, else its latest one',
  more: 'Answers within seconds also when no worker is up; then the first line says what is missing.',
  group: 'Release:',
  example: 'gray status payments --json',
  run: async (call) => {
    const target = argument(call, 0);
    return withClient(call, async (client) => {
      const found = await releaseStatus(client, target);
      const link = linkOf(call, client, target);
      const view = { nowMs: Date.now(), color: call.io.color, link };
      print(call, { ...found, link }, () => renderStatus(found, view));
      return exitStatus.ok;
    });
  },
};
