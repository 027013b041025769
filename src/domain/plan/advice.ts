/** What the plan warns about, and what it refuses. */
import type { Problem } from '../errors.ts';
import { rounding } from '../leveling.ts';
import { percentOf } from '../percent.ts';
import type { PlanStep } from '../plan.ts';
import type { Arm } from '../server.ts';
import type { ReleaseSpec } from '../spec.ts';
import { reloadWarnings } from './nginx.ts';

export const planWarnings = (spec: ReleaseSpec, steps: readonly PlanStep[]): string[] => [
  ...loadWarning('stable', steps),
  ...loadWarning('gray', steps),
  ...dataWarnings(spec),
  ...emptyStages(spec, steps),
  ...smallerBatches(spec, steps),
  ...reloadWarnings(spec, steps),
];

function loadWarning(arm: Arm, steps: readonly PlanStep[]): string[] {
  const over = overloads(arm, steps, 1);
  return over === null ? [] : [`the ${arm} pool carries ${over.text}`];
}

/** The worst step above `limit`, in words; null when there is none. */
function overloads(arm: Arm, steps: readonly PlanStep[], limit: number): { readonly text: string } | null {
  const over = steps.filter((step) => step.loads[arm] > limit + rounding);
  const [first] = over;
  if (first === undefined) return null;
  const worst = over.reduce((most, step) => (step.loads[arm] > most.loads[arm] ? step : most), first);
  const others = over.length === 1 ? '' : ` and more than ${limit} in ${over.length - 1} other steps`;
  return { text: `${worst.loads[arm].toFixed(2)} of its normal load in ${worst.label}${others}` };
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
  if (leveling.byZone === true) return [];
  const batches = steps.filter((step) => step.phase === 'leveling');
  const small = batches.slice(0, -1).filter((step) => step.servers.length < leveling.batch);
  if (small.length === 0) return [];
  const labels = small.map((step) => step.label).slice(0, 5);
  return [
    `${labels.join(', ')}: fewer than ${leveling.batch} servers can leave at ${capacity.maxLoad} of the normal load${floorText(capacity)}`,
  ];
}

const floorText = ({ minServing }: ReleaseSpec['capacity']): string =>
  minServing === undefined ? '' : `, or above the floor of ${minServing}`;

export const planProblems = (spec: ReleaseSpec, steps: readonly PlanStep[], stuck: boolean): Problem[] => [
  ...tooMuch('stable', steps, spec.capacity.maxLoad),
  ...tooMuch('gray', steps, spec.capacity.maxLoad),
  ...tooFew(spec, steps),
  ...(stuck ? [stuckProblem(spec, steps)] : []),
  ...tooManyUsers(spec, steps),
];

/** Batches fit themselves to the floor; the gray servers leave all at once. */
function tooFew({ capacity: { minServing } }: ReleaseSpec, steps: readonly PlanStep[]): Problem[] {
  const low = steps.find(({ serving }) => serving < (minServing ?? 0));
  if (low === undefined) return [];
  const message = `${low.serving} servers would serve in ${low.label}, and ${minServing} is the floor: mark fewer servers gray, or use spare ones`;
  return [{ path: 'capacity.minServing', message }];
}

/** Leveling brings everyone over, and begins on the pass of the last stage; the limit is for the stages. */
function tooManyUsers({ ramp: { maxUsers }, audience }: ReleaseSpec, steps: readonly PlanStep[]): Problem[] {
  if (maxUsers === undefined) return [];
  const stages = steps.filter(({ phase }) => phase === 'ramp');
  if (audience.users === undefined) return [{ path: 'audience.users', message: 'missing; ramp.maxUsers needs it' }];
  return stages.flatMap(({ users, label, shareBp }, index) => {
    if (users === null || users <= maxUsers) return [];
    const message = `${label}: ${percentOf(shareBp)} is ${users} users on gray, and ramp.maxUsers is ${maxUsers}`;
    return [{ path: `ramp.stages[${index}].share`, message }];
  });
}

function tooMuch(arm: Arm, steps: readonly PlanStep[], maxLoad: number): Problem[] {
  const over = overloads(arm, steps, maxLoad);
  if (over === null) return [];
  const message = `the ${arm} pool would carry ${over.text}; at most ${maxLoad} is allowed: ${remedies[arm]}`;
  return [{ path: 'capacity.maxLoad', message }];
}

function stuckProblem({ capacity: { maxLoad, minServing } }: ReleaseSpec, steps: readonly PlanStep[]): Problem {
  const after = steps.at(-1)?.label ?? 'the ramp';
  const floor = minServing === undefined ? '' : `, or fewer than ${minServing} servers would serve`;
  const message = `after ${after} not even one server can leave: a pool would carry more than ${maxLoad} of its normal load${floor}`;
  return { path: 'leveling.batch', message };
}

const remedies: Readonly<Record<Arm, string>> = {
  stable: 'mark fewer servers gray, use spare ones, or raise the limit',
  gray: 'mark more servers gray, lower the share, or raise the limit',
};
