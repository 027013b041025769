import { describe, expect, it } from 'vitest';
import { type Grid, lnE, noLogs, withInterval, worse } from '../../../../src/domain/judge/sequential/e-process.ts';

type Batch = readonly [grayBad: number, gray: number, stableBad: number, stable: number];

function evidence(batches: readonly Batch[], { grid = worse, margin = 1, dispersion = 1 } = {}): number {
  const add = (logs: Grid, [grayBad, gray, stableBad, stable]: Batch) =>
    withInterval(
      logs,
      { gray: { bad: grayBad, total: gray }, stable: { bad: stableBad, total: stable } },
      grid,
      margin,
      dispersion,
    );
  return lnE(batches.reduce(add, noLogs(grid)));
}

const one: Batch = [12, 6_000, 200, 594_000];
const two: Batch = [40, 30_000, 570, 570_000];

const huge = 2 ** 53;

/** Values by mpmath with 40 digits. */
describe('evidence that gray is worse', () => {
  it.each([
    ['two gray errors, none in the fleet', [[2, 1e6, 0, 99e6]], {}, 5.05636648375],
    ['one interval at one percent', [one], {}, 9.56149655519],
    ['and one more at five', [one, two], {}, 2.83053831659],
    ['against a margin of 1.25', [one, two], { margin: 1.25 }, -0.74191327837],
    ['with errors in clumps', [one, two], { dispersion: 3 }, -0.112132827275],
  ] as const)('%s', (_, batches, settings, wanted) => {
    expect(Math.abs(evidence(batches, settings) - wanted)).toBeLessThan(1e-11);
  });

  it('is none where an arm had no request', () => {
    expect(
      evidence([
        [0, 0, 5, 100],
        [5, 100, 0, 0],
      ]),
    ).toBe(0);
  });

  /** Decimal arithmetic with 60 digits, by the plain formula with θ. */
  it.each([
    ['2⁵³', [huge / 8, huge / 4, huge / 8, huge / 4], -5493694370263.789],
    ['nearly equal rates', [huge / 16 + 1e9, huge / 2, huge / 16, huge / 2], -2746779743852.688],
    ['a tenth on gray', [1e12, 1e14, 9e12, 9e14], -9124182565.5259],
  ] as const)('does not cancel at the largest counts there are: %s', (_, batch, wanted) => {
    expect(Math.abs(evidence([batch]) / wanted - 1)).toBeLessThan(1e-9);
  });
});

describe('evidence that gray is not worse', () => {
  it('one clean stage against twice the rate', () => {
    const found = evidence([[10, 1_000, 990, 99_000]], { grid: [0.5, 0.375, 0.25, 0.125], margin: 2 });
    expect(Math.abs(found - 2.24055014511)).toBeLessThan(1e-11);
  });
});
