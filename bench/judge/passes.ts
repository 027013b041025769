/** How often a stage passes a gray that is just as much worse as must not pass. */

import { createJudge } from '../../src/domain/judge/index.ts';
import { defaultPassMargin } from '../../src/domain/judge/sequential/pass-margin.ts';
import { seeded } from './random.ts';
import { contextOf, intervalOf, specOf } from './rules/gray-release.ts';
import { markdownTable, type Section } from './section.ts';
import { drawMinute } from './streams.ts';
import { mostOf } from './tally.ts';

const beta = 0.05;
const [perMinute, rate, minutes] = [6_000, 0.005, 120];

/** Never fails, so that nothing but the pass process keeps a bad release from passing. */
const spec = { ...specOf({ dispersion: 'clients' }), alpha: 1e-300 };

export function passes(shareBp: number, run: number): boolean {
  const random = seeded(`pass ${shareBp} ${run}`);
  const judge = createJudge(spec);
  const worse = rate * defaultPassMargin(shareBp);
  let fold = judge.start();
  for (let minute = 0; minute < minutes; minute += 1) {
    const counts = drawMinute(random, { kind: 'iid', perMinute, shareBp, base: rate, worse });
    fold = judge.fold(fold, intervalOf(minute, counts, shareBp));
    if (judge.decide(fold, contextOf(minute, shareBp)).kind === 'pass') return true;
  }
  return false;
}

export function wrongPasses(runs: number): Section {
  const found = [100, 500, 2_000, 5_000].map((shareBp) => {
    const count = Array.from({ length: runs }, (_, run) => run).filter((run) => passes(shareBp, run)).length;
    return { shareBp, count };
  });
  return {
    title: 'Wrong passes',
    lines: [
      `A gray just as much worse as must not pass, looked at every minute for ${minutes} minutes, with fails switched off; ${runs} a row, β = 5 %.`,
      '',
      ...markdownTable(
        ['share', 'times worse', 'passed'],
        found.map(({ shareBp, count }) => [
          ...[`${shareBp / 100} %`, `×${defaultPassMargin(shareBp)}`, `${((count / runs) * 100).toFixed(1)} %`],
        ]),
      ),
    ],
    figures: [
      {
        ...{ name: 'wrong passes, worst stage', unit: `of ${runs}`, atMost: mostOf(runs, beta) },
        value: Math.max(...found.map(({ count }) => count)),
      },
    ],
  };
}
