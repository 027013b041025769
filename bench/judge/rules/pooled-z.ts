/** The z-test of two proportions on all requests so far, one-sided: the textbook, looked at every minute or once. */
import { noCounts, plus } from '../../../src/domain/judge/counts.ts';
import { anHour } from '../streams.ts';
import { badPart, opinion, type Rule } from './rule.ts';

const z = (name: string, atLeast: number, looks: (minute: number) => boolean): Rule => ({
  name,
  start: () => {
    let [minute, all] = [0, noCounts];
    return {
      minute: ({ gray, stable }) => {
        minute += 1;
        all = plus(all, { gray, stable });
        return opinion(looks(minute) && zOf(all) > atLeast);
      },
    };
  },
});

function zOf({ gray, stable }: typeof noCounts): number {
  const part = (gray.bad + stable.bad) / (gray.total + stable.total);
  const spread = Math.sqrt(part * (1 - part) * (1 / gray.total + 1 / stable.total));
  return spread > 0 ? (badPart(gray) - badPart(stable)) / spread : 0;
}

/** The 5 % and the 1 % point of the normal distribution. */
const [five, one] = [1.6449, 2.3263];

export const zEveryMinute5 = z('pooled z-test, every minute, α 5 %', five, () => true);
export const zEveryMinute1 = z('pooled z-test, every minute, α 1 %', one, () => true);
export const zOnce = z('pooled z-test, once at the end, α 1 %', one, (minute) => minute === anHour.length);
