import { describe, expect, it } from 'vitest';
import type { PlanStep } from '../../src/domain/plan.ts';
import { planRelease } from '../../src/domain/plan.ts';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import { releaseSpec, server } from '../support/release-spec.ts';

const plan = (change: Partial<ReleaseSpec> = {}) => planRelease(releaseSpec('shop', change));

const step = (steps: readonly PlanStep[], label: string): PlanStep => {
  const found = steps.find((one) => one.label === label);
  if (found === undefined) throw new Error(`no step ${label} in ${steps.map((one) => one.label).join(', ')}`);
  return found;
};

/** `gray` gray servers of `count`; the last `spares` gray ones are spare. */
const fleet = (count: number, gray: number, spares = 0) =>
  Array.from({ length: count }, (_, index) => ({
    ...server(`s${index + 1}`, 9001 + index, index < gray),
    spare: index >= gray - spares && index < gray,
  }));

describe('the steps of a plan', () => {
  it('run from deployment to the watch, in the order of the lifecycle', () => {
    expect(plan().steps.map(({ phase, label }) => `${phase}: ${label}`)).toEqual([
      'deployment: deployment',
      'grayVerification: gray verification',
      'periodSwitch: period switch',
      'ramp: stage 1 of 3',
      'ramp: stage 2 of 3',
      'ramp: stage 3 of 3',
      'leveling: batch 1',
      'leveling: batch 2',
      'leveling: batch 3',
      'watch: watch',
    ]);
  });

  it('take the gray servers out of the stable pool first: six of eight carry 8/6', () => {
    const { steps } = plan();
    expect(step(steps, 'deployment').loads).toEqual({ gray: 0, stable: 8 / 6 });
    expect(step(steps, 'deployment').servers).toEqual(['s1', 's2']);
  });

  it('let the loads follow the share, requests without identity staying on base', () => {
    const { loads } = step(plan().steps, 'stage 3 of 3');
    expect(loads.gray).toBeCloseTo((0.33 * 0.9 * 8) / 2, 6);
    expect(loads.stable).toBeCloseTo(((1 - 0.33 * 0.9) * 8) / 6, 6);
  });

  it('raise the share by capacity before each batch leaves, and never lower it', () => {
    const shares = plan()
      .steps.filter(({ phase }) => phase === 'leveling')
      .map(({ shareBp }) => shareBp);
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    // Gray ÷ (gray + what stays): 2 of 6, 4 of 6, all.
    [3_334, 6_667, 10_000].forEach((least, index) => {
      expect(shares[index]).toBeGreaterThanOrEqual(least);
    });
  });

  it('turn rest to gray at the latest before the last stable batch, and keep it there', () => {
    const rests = plan().steps.map(({ rest }) => rest);
    expect(rests.slice(-2)).toEqual(['gray', 'gray']);
    expect(rests.indexOf('gray')).toBeGreaterThan(rests.lastIndexOf('stable'));
  });

  it('say where an abort falls at once: to nobody before leveling, to what base can carry after', () => {
    const { steps } = plan();
    expect(step(steps, 'stage 3 of 3').abortShareBp).toBe(0);
    // Four of eight servers are still on base: they carry 1.5 × 4 / 8 of all users.
    expect(step(steps, 'batch 1').abortShareBp).toBe(2_500);
    expect(step(steps, 'watch').abortShareBp).toBe(10_000);
  });

  it('know of no abort past a point of no return', () => {
    const { steps, warnings } = plan({ data: { compatible: 'forwardOnly', pointOfNoReturn: 'leveling' } });
    expect(step(steps, 'batch 1').abortShareBp).toBeNull();
    expect(warnings).toContainEqual(expect.stringContaining('no rollback once leveling has begun'));
  });

  it('count the users expected on gray, listed ones included', () => {
    const audience = { ...releaseSpec('shop').audience, users: 1_002 };
    const { steps } = plan({ audience });
    expect(['deployment', 'period switch', 'stage 1 of 3', 'watch'].map((label) => step(steps, label).users)).toEqual([
      0, 1, 51, 1_002,
    ]);
    expect(step(plan().steps, 'stage 1 of 3').users).toBeNull();
  });

  it('cost nobody capacity when the gray servers are spare', () => {
    const { steps, warnings } = plan({ servers: fleet(5, 1, 1) });
    expect(step(steps, 'deployment').loads.stable).toBe(1);
    expect(step(steps, 'watch').loads.gray).toBeCloseTo(4 / 5, 6);
    expect(warnings.join()).not.toContain('stable pool carries 1.2');
  });

  it('give every server its wave', () => {
    expect(plan().servers.map(({ id, role, wave }) => `${id} ${role} ${wave}`)).toEqual([
      's1 gray 0',
      's2 gray 0',
      's3 stable 1',
      's4 stable 1',
      's5 stable 2',
      's6 stable 2',
      's7 stable 3',
      's8 stable 3',
    ]);
  });
});

describe('warnings and refusals', () => {
  it('warns above the normal load, naming the worst step', () => {
    const worst = [...plan().steps].sort((one, other) => other.loads.stable - one.loads.stable)[0];
    const load = worst?.loads.stable.toFixed(2);
    expect(plan().warnings[0]).toContain(`the stable pool carries ${load} of its normal load in ${worst?.label} and`);
    expect(plan().problems).toEqual([]);
  });

  it('refuses a deployment that leaves too few servers', () => {
    const { problems } = plan({ servers: fleet(4, 2) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path: 'capacity.maxLoad', message: expect.stringContaining('2.00') });
    expect(problems[0]?.message).toContain('deployment');
  });

  it('refuses a share that the gray servers cannot carry', () => {
    const { problems } = plan({
      servers: fleet(8, 1),
      ramp: { patience: 3, stages: [{ shareBp: 5_000, holdMs: 400 }] },
    });
    expect(problems[0]?.message).toMatch(/the gray pool would carry 3\.60 .* stage 1 of 1.*lower the share/);
  });

  it('refuses a release whose leveling cannot begin', () => {
    const { problems, servers } = plan({ servers: fleet(3, 1), capacity: { maxLoad: 1.05 } });
    expect(problems).toContainEqual(expect.objectContaining({ path: 'leveling.batch' }));
    expect(servers.map(({ wave }) => wave)).toContain(null);
  });

  it('says when capacity makes batches smaller than asked for', () => {
    const { warnings, steps } = plan({ servers: fleet(8, 2), leveling: { batch: 6, onServerFailure: 'exception' } });
    expect(step(steps, 'batch 1').servers.length).toBeLessThan(6);
    expect(warnings).toContainEqual(expect.stringContaining('fewer than 6 servers can leave'));
  });

  it('warns when the file does not say whether data is compatible', () => {
    expect(plan({ data: { compatible: null } }).warnings).toContainEqual(expect.stringContaining('data.compatible'));
    expect(plan().warnings.join()).not.toContain('data');
  });

  it('warns when a share of few users is nobody', () => {
    const audience = { ...releaseSpec('shop').audience, alwaysGray: [], users: 5 };
    expect(plan({ audience }).warnings).toContainEqual('stage 1 of 3: 5 % of 5 users is nobody');
  });
});

describe('gates and duration', () => {
  const approval = { deadlineMs: 60_000, otherwise: 'rollback' } as const;

  it('lists every gate, the point of no return marked', () => {
    const { gates } = plan({
      ramp: { patience: 3, stages: [{ shareBp: 500, holdMs: 400, approval }] },
      leveling: { batch: 2, onServerFailure: 'wait', approval: { ...approval, otherwise: 'hold' } },
      data: { compatible: 'forwardOnly', pointOfNoReturn: 'leveling' },
    });
    expect(gates).toEqual([
      { after: 'stage 1', ...approval, pointOfNoReturn: false },
      { after: 'the ramp, before leveling', deadlineMs: 60_000, otherwise: 'hold', pointOfNoReturn: true },
    ]);
  });

  it('says per stage what happens without a verdict, and counts it into the longest duration', () => {
    const stages = [
      { shareBp: 500, holdMs: 1_000 },
      { shareBp: 1_000, holdMs: 1_000, undecided: 'hold' },
      { shareBp: 1_500, holdMs: 1_000, undecided: 'rollback' },
    ] as const;
    const { undecided, duration } = plan({ ramp: { patience: 3, answerWithinMs: 7_200_000, stages } });
    expect(undecided).toEqual([
      { stage: 'stage 1', follows: 'extended up to 3 holds, then the exception policy' },
      { stage: 'stage 2', follows: 'a pass or an operator (skip) within 2h, else rollback' },
      { stage: 'stage 3', follows: 'rollback' },
    ]);
    expect(duration).toMatchObject({ shortestMs: 3_000, longestMs: 3_000 + 7_201_000 + 1_000 + 4 * 500 });
  });

  it('takes the policy of the ramp where a stage does not say, and a day where the file does not', () => {
    const ramp = { patience: 3, undecided: 'hold', stages: [{ shareBp: 500, holdMs: 1_000 }] } as const;
    expect(plan({ ramp }).undecided).toEqual([
      { stage: 'stage 1', follows: 'a pass or an operator (skip) within 1d, else rollback' },
    ]);
  });

  it('counts holds alone at best, and patience, gates and changes at worst', () => {
    const deployer = { kind: 'process', dir: '/d', start: ['x'], env: [], stopMs: 1_000, readyMs: 2_000 } as const;
    const { duration } = plan({
      deployer,
      ramp: { patience: 3, stages: [{ shareBp: 500, holdMs: 10_000, approval }] },
    });
    // Deployment and three batches: each one drain of 500 ms and one round of 3 s.
    expect(duration).toEqual({ shortestMs: 10_000, longestMs: 30_000 + 60_000 + 4 * 3_500, watchMs: 300 });
  });
});
