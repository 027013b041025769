/** `gray plan`: what a release would do, step by step, before it does anything. */
import { exitStatus } from '../../domain/errors.ts';
import { planRelease } from '../../domain/plan.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { renderPlan } from '../render-plan.ts';
import { print } from '../session.ts';
import { argument, type Verb } from '../verb.ts';

export const plan: Verb = {
  usage: 'plan <file>',
  does: 'shows servers, stages, loads, gates, defaults and duration of a release; touches nothing',
  more: 'Exits 2 when the plan has a problem that would refuse the release.',
  group: 'Prepare:',
  example: 'gray plan payments.yml --version 1.4.2',
  options: artifactOptions,
  run: async (call) => {
    const planned = planRelease(await releaseFileOf(call, argument(call, 0)));
    print(call, planned, () => renderPlan(planned).replace(/\n$/, ''));
    return planned.problems.length === 0 ? exitStatus.ok : exitStatus.invalid;
  },
};
