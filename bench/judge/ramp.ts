/** Whole releases: 1, 5, 20, 50 %, the next stage as soon as the judge passes, at least two minutes a stage, four hours at most. */
import { createJudge } from '../../src/domain/judge/index.ts';
import { seeded } from './random.ts';
import { contextOf, intervalOf, specOf } from './rules/gray-release.ts';
import { markdownTable, type Section } from './section.ts';
import { drawMinute } from './streams.ts';
import { mostOf } from './tally.ts';

const stages = [100, 500, 2_000, 5_000];
const [leastMinutes, mostMinutes] = [2, 240];

interface Case {
  readonly name: string;
  readonly perMinute: number;
  readonly rate: number;
  readonly ratio: number;
  /** Of the page: the median minute of the end, and the gray errors until then. */
  readonly minute: number;
  readonly errors?: number;
}

const cases: readonly Case[] = [
  { name: '6k · 0.5 %, good', perMinute: 6_000, rate: 0.005, ratio: 1, minute: 15 },
  { name: '6k · 0.5 %, ×1.5', perMinute: 6_000, rate: 0.005, ratio: 1.5, minute: Number.NaN },
  { name: '6k · 0.5 %, ×2', perMinute: 6_000, rate: 0.005, ratio: 2, minute: 18, errors: 38 },
  { name: '6k · 0.5 %, ×3', perMinute: 6_000, rate: 0.005, ratio: 3, minute: 12, errors: 15 },
  { name: '6k · 0.5 %, ×10', perMinute: 6_000, rate: 0.005, ratio: 10, minute: 2, errors: 6 },
  { name: '60k · 0.5 %, good', perMinute: 60_000, rate: 0.005, ratio: 1, minute: 8 },
  { name: '60k · 0.5 %, ×3', perMinute: 60_000, rate: 0.005, ratio: 3, minute: 2 },
  { name: '6k · 0.1 %, good', perMinute: 6_000, rate: 0.001, ratio: 1, minute: 56 },
  { name: '600 · 0.5 %, good', perMinute: 600, rate: 0.005, ratio: 1, minute: 102 },
  { name: '600 · 0.5 %, ×10', perMinute: 600, rate: 0.005, ratio: 10, minute: 12, errors: 5 },
];

interface End {
  readonly how: 'through' | 'rolled back' | 'undecided';
  readonly minute: number;
  readonly errors: number;
}

const judgeSpec = specOf({ dispersion: 'clients' });

function release({ name, perMinute, rate, ratio }: Case, run: number): End {
  const random = seeded(`ramp ${name} ${run}`);
  const judge = createJudge(judgeSpec);
  let [fold, stage, since, errors] = [judge.start(), 0, 0, 0];
  for (let minute = 0; minute < mostMinutes; minute += 1) {
    const shareBp = stages[stage] ?? 0;
    const counts = drawMinute(random, { kind: 'iid', perMinute, shareBp, base: rate, worse: rate * ratio });
    errors += counts.gray.bad;
    fold = judge.fold(fold, intervalOf(minute, counts, shareBp));
    const { kind } = judge.decide(fold, contextOf(minute, shareBp));
    if (kind === 'fail') return { how: 'rolled back', minute: minute + 1, errors };
    if (kind !== 'pass' || minute + 1 - since < leastMinutes) continue;
    if (stage === stages.length - 1) return { how: 'through', minute: minute + 1, errors };
    [stage, since, fold] = [stage + 1, minute + 1, judge.nextStage(fold)];
  }
  return { how: 'undecided', minute: mostMinutes, errors };
}

interface Found {
  readonly one: Case;
  readonly ends: readonly End[];
}

const repeated = (count: number) => Array.from({ length: count }, (_, run) => run);

export function ramp(runs: number, say: (line: string) => void): Section {
  const found = cases.map((one): Found => {
    const ends = repeated(runs).map((run) => release(one, run));
    say(`ramp, ${one.name}`);
    return { one, ends };
  });
  const worse = found.filter(({ one }) => one.ratio > 1);
  const worstThrough = Math.max(...worse.map(({ ends }) => count(ends, 'through')));
  const good = found.filter(({ one }) => one.ratio === 1);
  return {
    title: 'Whole releases',
    lines: [
      `Stages of 1, 5, 20 and 50 %, each at least ${leastMinutes} minutes and until it passes; ${runs} a row. Undecided: neither after four hours.`,
      'On the page the evidence for a pass went on from stage to stage; here each stage needs its own, which takes longer, since what a larger',
      'share brings to light is unknown before: carried on, 8 to 16 % of such regressions would pass their first stage instead of 5 %.',
      '',
      ...markdownTable(
        ['release', 'through', 'rolled back', 'undecided', 'minutes', 'page', 'gray errors', 'page'],
        rowsOf(found),
      ),
    ],
    figures: [
      {
        ...{ name: 'good releases rolled back, worst ramp', unit: `of ${runs}`, atMost: mostOf(runs, 0.01) },
        value: Math.max(...good.map(({ ends }) => count(ends, 'rolled back'))),
      },
      {
        name: 'bad releases that went through, worst ramp',
        value: worstThrough,
        unit: `of ${runs}`,
        atMost: mostOf(runs, 0.05),
      },
      {
        ...{ name: 'bad ramps ended later than the page', unit: `of ${worse.length}`, atMost: 0 },
        value: worse.filter(({ one, ends }) => median(ends, 'minute') > one.minute + 1).length,
      },
      { name: 'good release through, 6k · 0.5 %', value: median(good[0]?.ends ?? [], 'minute'), unit: 'min' },
    ],
  };
}

const count = (ends: readonly End[], how: End['how']): number => ends.filter((end) => end.how === how).length;

function median(ends: readonly End[], key: 'minute' | 'errors'): number {
  const sorted = ends.map((end) => end[key]).toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

const rowsOf = (found: readonly Found[]) =>
  found.map(({ one, ends }) => [
    one.name,
    ...(['through', 'rolled back', 'undecided'] as const).map(
      (how) => `${((count(ends, how) / ends.length) * 100).toFixed(1)} %`,
    ),
    ...[String(median(ends, 'minute')), Number.isNaN(one.minute) ? '' : `*${one.minute}*`],
    ...[String(median(ends, 'errors')), one.errors === undefined ? '' : `*${one.errors}*`],
  ]);
