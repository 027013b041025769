/** Kayenta on errors in parts per million: gray against a fresh arm of its size, every ten minutes, all minutes so far. */
import { classify } from '../../../src/domain/judge/kayenta/classify.ts';
import { failOpenCases } from '../../../src/domain/judge/kayenta/spec.ts';
import type { Counts } from '../../../src/domain/verdict.ts';
import { opinion, type Rule } from './rule.ts';

/** Its defaults, except that only more errors are bad. */
const setting = {
  direction: 'increase',
  nanStrategy: 'remove',
  outliers: 'keep',
  ...{ critical: false, mustHaveData: false },
  effect: { measure: 'meanRatio', allowedIncrease: 1, allowedDecrease: 1, criticalIncrease: 1, criticalDecrease: 1 },
} as const;

const everyMinutes = 10;

export const kayenta: Rule = {
  name: 'Kayenta, equal arms, every 10 minutes',
  start: () => {
    const gray: number[] = [];
    const stable: number[] = [];
    return {
      minute: (now) => {
        gray.push(perMillion(now.gray));
        stable.push(perMillion(now.twin));
        if (gray.length % everyMinutes !== 0) return 'go';
        return opinion(classify(setting, { gray, stable }, failOpenCases).label === 'High');
      },
    };
  },
};

const perMillion = ({ total, bad }: Counts): number => (total === 0 ? Number.NaN : (bad / total) * 1e6);
