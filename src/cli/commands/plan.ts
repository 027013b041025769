/** `gray plan`: what a release would do, step by step, before it does anything. */
import { exitStatus } from '../../domain/errors.ts';
import { type Outlook, planOutlook } from '../../domain/plan/outlook.ts';
import { planRelease } from '../../domain/plan.ts';
import type { ReleaseSpec } from '../../domain/spec.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { outlookHint, renderOutlook } from '../render-outlook.ts';
import { renderPlan } from '../render-plan.ts';
import { print } from '../session.ts';
import { trafficOf, trafficOptions } from '../traffic.ts';
import { argument, type Call, type Verb } from '../verb.ts';

export const plan: Verb = {
  usage: 'plan <file>',
  does: 'shows servers, stages, loads, gates, defaults and duration of a release; touches nothing',
  more: `With --traffic and --base-rate also how long each stage will need for a verdict, and what to change where it will have none.
Exits 2 when the plan has a problem that would refuse the release.`,
  group: 'Prepare:',
  example: 'gray plan payments.yml --version 1.4.2 --traffic 100 --base-rate errors=0.5%',
  options: [...artifactOptions, ...trafficOptions],
  run: async (call) => {
    const spec = await releaseFileOf(call, argument(call, 0));
    const planned = planRelease(spec);
    const outlook = outlookOf(call, spec);
    const text = () => renderPlan(planned, outlook === null ? hint(spec) : renderOutlook(outlook));
    print(call, { ...planned, outlook }, () => text().replace(/\n$/, ''));
    return planned.problems.length === 0 ? exitStatus.ok : exitStatus.invalid;
  },
};

/** Null: nothing is known of the traffic, or nobody can tell for this judge. */
function outlookOf({ options, io }: Call, spec: ReleaseSpec): Outlook | null {
  const { judge } = spec;
  const traffic = trafficOf(options, Object.keys(judge.metrics));
  if (traffic === null) return null;
  if (judge.kind === 'sequential') return planOutlook(spec, judge, traffic);
  io.err(`no outlook: the planner knows the sequential judge only, and this one is of kind ${judge.kind}`);
  return null;
}

const hint = ({ judge }: ReleaseSpec): string =>
  judge.kind === 'sequential' ? outlookHint(Object.keys(judge.metrics)) : '';
