/** `gray decider`: decides for a Caddy that cannot hash. */
import { runDecider } from '../../decider/decider.ts';
import { exitStatus } from '../../domain/errors.ts';
import { invalid } from '../io.ts';
import { textOf, type Verb } from '../verb.ts';

export const decider: Verb = {
  usage: 'decider',
  does: 'tells the Caddy of one target which server each request goes to, until SIGTERM or Ctrl-C',
  more: 'Prints one JSON line with its addresses when it is ready.',
  group: 'Operate:',
  lasting: true,
  example: 'gray decider --config payments.decider.yml',
  options: [['--config <file>', 'its configuration, YAML or JSON']],
  run: async ({ options }) => {
    const file = textOf(options, 'config');
    if (file === undefined) throw invalid('name the configuration with --config');
    await runDecider(file);
    return exitStatus.ok;
  },
};
