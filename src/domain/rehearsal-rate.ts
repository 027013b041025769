/** How often a judge rolls back a release that is no worse: counted over rehearsals, with what chance may hide. */

export interface FalseRollbackRate {
  readonly rehearsals: number;
  /** Those in which the judge would have rolled back at least once. */
  readonly withFalseRollback: number;
  /** The true rate is below this with 95 % confidence (Clopper and Pearson, one-sided); a fraction of 1. */
  readonly atMost: number;
}

export function falseRollbackRate(counts: readonly number[]): FalseRollbackRate {
  const withFalseRollback = counts.filter((count) => count > 0).length;
  return { rehearsals: counts.length, withFalseRollback, atMost: upperBound(withFalseRollback, counts.length) };
}

const doubt = 0.05;

/** The rate at which so few of `n` would be seen in one case of twenty, by bisection. */
function upperBound(found: number, n: number): number {
  if (found >= n) return 1;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(found, n, middle) > doubt) low = middle;
    else high = middle;
  }
  return high;
}

/** P(at most `found` of `n`) where each has chance `p`, 0 < p < 1. */
function atMost(found: number, n: number, p: number): number {
  let lnTerm = n * Math.log1p(-p);
  let sum = Math.exp(lnTerm);
  for (let k = 1; k <= found; k += 1) {
    lnTerm += Math.log((n - k + 1) / k) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(lnTerm);
  }
  return sum;
}
