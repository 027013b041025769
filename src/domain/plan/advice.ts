/** What the plan warns about, and what it refuses. */
import { worstLoad } from '../capacity.ts';
import type { Problem } from '../errors.ts';
import { rounding } from '../leveling.ts';
import { percentOf } from '../percent.ts';
import type { PlanStep } from '../plan.ts';
import type { Arm } from '../server.ts';
import type { ReleaseSpec } from '../spec.ts';

export const planWarnings = (spec: ReleaseSpec, steps: readonly PlanStep[]): string[] => [
  ...loadWarning('stable', steps),
  ...loadWarning('gray', steps),
  ...dataWarnings(spec),
  ...emptyStages(spec, steps),
  ...smallerBatches(spec, steps),
];

function loadWarning(arm: Arm, steps: readonly PlanStep[]): string[] {
  const over = steps.filter((step) => step.loads[arm] > 1 + rounding);
  const [first] = over;
  if (first === undefined) return [];
  const worst = over.reduce((most, step) => (step.loads[arm] > most.loads[arm] ? step : most), first);
  const where = over.length === 1 ? `in ${first.label}` : `in ${over.length} steps, most in ${worst.label}`;
  return [`the ${arm} pool carries more than its normal load ${where}: ${worst.loads[arm].toFixed(2)}`];
}

function dataWarnings({ data }: ReleaseSpec): string[] {
  if (data.compatible === null) {
    return [
      'the file does not say whether both versions can share their data: a rollback may lose some; see data.compatible',
    ];
  }
  return data.pointOfNoReturn === 'leveling' ? ['no rollback once leveling has begun: data is forwardOnly'] : [];
}

/** With few users a small share may be nobody at all. */
const emptyStages = ({ audience }: ReleaseSpec, steps: readonly PlanStep[]): string[] =>
  steps
    .filter(({ phase, users }) => phase === 'ramp' && users !== null && users - audience.alwaysGray.length < 1)
    .map(({ label, shareBp }) => `${label}: ${percentOf(shareBp)} of ${audience.users} users is nobody`);

function smallerBatches({ leveling, capacity }: ReleaseSpec, steps: readonly PlanStep[]): string[] {
  const batches = steps.filter((step) => step.phase === 'leveling');
  const small = batches.slice(0, -1).filter((step) => step.servers.length < leveling.batch);
  if (small.length === 0) return [];
  const labels = small.map((step) => step.label).slice(0, 5);
  return [
    `${labels.join(', ')}: fewer than ${leveling.batch} servers can leave at ${capacity.maxLoad} of the normal load`,
  ];
}

export function loadProblems({ capacity }: ReleaseSpec, steps: readonly PlanStep[], stuck: boolean): Problem[] {
  const problems = steps
    .filter((step) => worstLoad(step.loads) > capacity.maxLoad + rounding)
    .map((step) => tooMuch(step, capacity.maxLoad));
  if (stuck) {
    const message = `after ${steps.at(-1)?.label ?? 'the ramp'} not even one server can leave: a pool would carry more than ${capacity.maxLoad} of its normal load`;
    problems.push({ path: 'leveling.batch', message });
  }
  return problems;
}

function tooMuch({ label, loads }: PlanStep, maxLoad: number): Problem {
  const arm = loads.stable >= loads.gray ? 'stable' : 'gray';
  const load = loads[arm].toFixed(2);
  const message = `${label}: the ${arm} pool would carry ${load} of its normal load, more than ${maxLoad}; ${remedies[arm]}`;
  return { path: 'capacity.maxLoad', message };
}

const remedies: Readonly<Record<Arm, string>> = {
  stable: 'mark fewer servers gray, use spare ones, or raise the limit',
  gray: 'mark more servers gray, lower the share, or raise the limit',
};
