/** `gray plan`: what a release would do, step by step, before it does anything. */
import { exitStatus } from '../../domain/errors.ts';
import { type Outlook, planOutlook, type Traffic } from '../../domain/plan/outlook.ts';
import { planRelease } from '../../domain/plan.ts';
import type { ReleaseSpec } from '../../domain/spec.ts';
import { measuredTraffic } from '../measured-traffic.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { outlookHint, renderOutlook } from '../render-outlook.ts';
import { renderPlan } from '../render-plan.ts';
import { print } from '../session.ts';
import { baseRatesOf, isMeasured, trafficOf, trafficOptions } from '../traffic.ts';
import { argument, type Call, type Options, type Verb } from '../verb.ts';

export const plan: Verb = {
  usage: 'plan <file>',
  does: 'shows servers, stages, loads, gates, defaults and duration of a release; touches nothing',
  more: `With --traffic and --base-rate (or --traffic measured, which asks the metric source) also how long each stage will need for a verdict, and what to change where it will have none.
Exits 2 when the plan has a problem that would refuse the release.`,
  group: 'Prepare:',
  example: 'gray plan payments.yml --version 1.4.2 --traffic 100 --base-rate errors=0.5%',
  options: [...artifactOptions, ...trafficOptions],
  run: async (call) => {
    const spec = await releaseFileOf(call, argument(call, 0));
    const planned = planRelease(spec);
    const outlook = await outlookOf(call, spec);
    const text = () => renderPlan(planned, outlook === null ? hint(spec) : renderOutlook(outlook));
    print(call, { ...planned, outlook }, () => text().replace(/\n$/, ''));
    return planned.problems.length === 0 ? exitStatus.ok : exitStatus.invalid;
  },
};

/** Null: nothing is known of the traffic, or nobody can tell for this judge. */
async function outlookOf({ options, io }: Call, spec: ReleaseSpec): Promise<Outlook | null> {
  const { judge } = spec;
  const metrics = Object.keys(judge.metrics);
  const traffic = isMeasured(options) ? await measured(options, spec, io.err) : trafficOf(options, metrics);
  if (traffic === null) return null;
  if (judge.kind === 'sequential') return planOutlook(spec, judge, traffic);
  io.err(`no outlook: the planner knows the sequential judge only, and this one is of kind ${judge.kind}`);
  return null;
}

async function measured(options: Options, spec: ReleaseSpec, say: (line: string) => void): Promise<Traffic> {
  const given = baseRatesOf(options, Object.keys(spec.judge.metrics));
  const found = await measuredTraffic(spec, say);
  return { ...found, baseRates: { ...found.baseRates, ...given } };
}

const hint = ({ judge }: ReleaseSpec): string =>
  judge.kind === 'sequential' ? outlookHint(Object.keys(judge.metrics)) : '';
