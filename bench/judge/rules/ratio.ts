/** Gray more than twice as bad as stable, in one minute or in several on end: what people write first. */
import { badPart, opinion, type Rule } from './rule.ts';

const twice = (name: string, onEnd: number): Rule => ({
  name,
  start: () => {
    let above = 0;
    return {
      minute: ({ gray, stable }) => {
        above = badPart(gray) > 2 * badPart(stable) ? above + 1 : 0;
        return opinion(above >= onEnd);
      },
    };
  },
});

export const twiceOnce = twice('twice as bad in a minute', 1);
export const twiceThrice = twice('twice as bad, 3 minutes on end', 3);
