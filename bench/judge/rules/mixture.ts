/**
 * The core with one mixture over the ratio and the moment at which gray becomes worse. Nine tenths of the evidence begin
 * at once, equally on all ratios; the rest waits, less and less of it, and what enters goes more to small ratios, since
 * large ones are seen at once whenever they begin. See docs/decisions/judge-mixture.md.
 */
import type { ArmCounts } from '../../../src/domain/judge/counts.ts';
import { gridOf, lnSum, noLogs, withInterval } from '../../../src/domain/judge/sequential/e-process.ts';
import { opinion, type Rule } from './rule.ts';

const ratios = gridOf(1.2, 20, 12);
const atOnce = 0.9;
/** Half of what waits has entered after this time. */
const halfMinutes = 30;

const shares = ratios.map((ratio) => 1 / Math.log(ratio));
const lnShares = shares.map((share) => Math.log(share / shares.reduce((sum, one) => sum + one, 0)));

/** What waits still, `minutes` after the beginning. */
const waiting = (minutes: number): number => ((1 - atOnce) * halfMinutes) / (halfMinutes + minutes);

const lnPlus = (one: number, other: number): number =>
  one > other ? one + Math.log1p(Math.exp(other - one)) : other + Math.log1p(Math.exp(one - other));

export const mixture: Rule = {
  name: 'e-process, φ = 1, mixed over the beginning',
  start: () => {
    let logs = ratios.map(() => Math.log(atOnce / ratios.length));
    let minutes = 0;
    return {
      minute: ({ gray, stable }) => {
        const entering = waiting(Math.max(0, minutes - 1)) - waiting(minutes);
        const steps = stepsOf({ gray, stable });
        logs = logs.map((log, at) => enter(log, entering, lnShares[at] ?? 0) + (steps[at] ?? 0));
        const rest = waiting(minutes);
        minutes += 1;
        return opinion(lnPlus(lnSum(logs), Math.log(rest)) >= Math.log(100));
      },
    };
  },
};

const stepsOf = (counts: ArmCounts) => withInterval(noLogs(ratios), counts, ratios, 1);

const enter = (log: number, entering: number, lnShare: number): number =>
  entering > 0 ? lnPlus(log, Math.log(entering) + lnShare) : log;
