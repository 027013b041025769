/** Argo Rollouts: an analysis fails when more measurements failed than `failureLimit`. */
import { noCounts, plus } from '../../../src/domain/judge/counts.ts';
import { badPart, opinion, type Rule } from './rule.ts';

interface Analysis {
  readonly intervalMinutes: number;
  readonly mostBad: number;
  readonly failureLimit: number;
}

const analysis = (name: string, { intervalMinutes, mostBad, failureLimit }: Analysis): Rule => ({
  name,
  start: () => {
    let [minutes, failed, window] = [0, 0, noCounts];
    return {
      minute: ({ gray, stable }) => {
        minutes += 1;
        window = plus(window, { gray, stable });
        if (minutes % intervalMinutes !== 0) return 'go';
        if (badPart(window.gray) > mostBad) failed += 1;
        window = noCounts;
        return opinion(failed > failureLimit);
      },
    };
  },
});

/** The example of its documentation. */
export const argoExample = analysis('Argo, as documented: below 95 % in 5 minutes, fourth time', {
  ...{ intervalMinutes: 5, mostBad: 0.05, failureLimit: 3 },
});

/** `failureLimit` is 0 where nothing is said. */
export const argoDefault = analysis('Argo, default limit 0: above 1 % in a minute, once', {
  ...{ intervalMinutes: 1, mostBad: 0.01, failureLimit: 0 },
});
