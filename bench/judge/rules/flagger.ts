/** Flagger with its defaults: a check fails when fewer than 99 % of a minute's gray requests succeed; the fifth ends it. */
import { badPart, opinion, type Rule } from './rule.ts';

export const flagger: Rule = {
  name: 'Flagger: below 99 % in a minute, fifth time',
  start: () => {
    let failed = 0;
    return {
      minute: ({ gray }) => {
        if (badPart(gray) > 0.01) failed += 1;
        return opinion(failed >= 5);
      },
    };
  },
};
