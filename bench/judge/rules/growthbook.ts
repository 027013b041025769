/** GrowthBook's always-valid one-sided bound on the difference of two means, α 1 %, looked at every minute. */
import { noCounts, plus } from '../../../src/domain/judge/counts.ts';
import { badPart, opinion, type Rule } from './rule.ts';

const alpha = 0.01;
/** Requests at which the bound is tightest: GrowthBook's default. */
const tuning = 5_000;
const lnTwoSided = -2 * Math.log(2 * alpha);
const rho = Math.sqrt((lnTwoSided + Math.log1p(lnTwoSided)) / tuning);

export const growthbook: Rule = {
  name: "GrowthBook's bound, α 1 %",
  start: () => {
    let all = noCounts;
    return {
      minute: ({ gray, stable }) => {
        all = plus(all, { gray, stable });
        return opinion(lowest(all) > 0);
      },
    };
  },
};

/** Lower bound of gray's rate less stable's; Waudby-Smith and others, arXiv 2103.06476. */
function lowest({ gray, stable }: typeof noCounts): number {
  const count = gray.total + stable.total;
  const [one, other] = [badPart(gray), badPart(stable)];
  if (gray.total === 0 || stable.total === 0) return Number.NEGATIVE_INFINITY;
  const variance = (one * (1 - one)) / gray.total + (other * (1 - other)) / stable.total;
  const scaled = count * rho ** 2 + 1;
  const width = ((2 * scaled) / (count * rho) ** 2) * Math.log1p(Math.sqrt(scaled) / (2 * alpha));
  return one - other - Math.sqrt(variance * count * width);
}
