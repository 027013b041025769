/** Which of two arms of equal size was worse, minute by minute: exact under any noise that both share, and slow. */
import { type Logs, lnE } from '../../../src/domain/judge/sequential/e-process.ts';
import { opinion, type Rule } from './rule.ts';

const stakes = [0.1, 0.3, 0.5, 0.7, 0.9];

export const sign: Rule = {
  name: 'sign e-process against an arm of equal size, α 1 %',
  start: () => {
    let logs: Logs = stakes.map(() => 0);
    return {
      minute: ({ gray, twin }) => {
        const worse = Math.sign(gray.bad - twin.bad);
        logs = logs.map((log, at) => log + Math.log1p((stakes[at] ?? 0) * worse));
        return opinion(lnE(logs) >= Math.log(100));
      },
    };
  },
};
