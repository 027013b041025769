/** `gray router`: the embedded router as a process. */
import { exitStatus } from '../../domain/errors.ts';
import { runRouter } from '../../router/run.ts';
import { invalid } from '../io.ts';
import { textOf, type Verb } from '../verb.ts';

export const router: Verb = {
  usage: 'router',
  does: 'runs the embedded router of one target until SIGTERM or Ctrl-C',
  more: 'Prints one JSON line with its addresses when it is ready.',
  group: 'Operate:',
  lasting: true,
  example: 'gray router --config payments.router.yml',
  options: [['--config <file>', 'its configuration, YAML or JSON']],
  run: async ({ options }) => {
    const file = textOf(options, 'config');
    if (file === undefined) throw invalid('name the configuration with --config');
    await runRouter(file);
    return exitStatus.ok;
  },
};
