/** Slow releases: our judge counts the requests above three bounds; Flagger looks at the 99th percentile. */
import { createJudge } from '../../src/domain/judge/index.ts';
import type { SequentialJudgeSpec } from '../../src/domain/spec.ts';
import type { Bar } from './cells.ts';
import { type LatencyMinute, type LatencyScenario, latenciesOf, metricBounds } from './latency-stream.ts';
import { contextOf, intervalOf, specOf } from './rules/gray-release.ts';
import { badPart } from './rules/rule.ts';
import { foundIn, markdownTable, type Section } from './section.ts';
import { medianOf, mostOf, partOf, type Tally } from './tally.ts';

interface LatencyCell extends LatencyScenario {
  readonly bar: Bar;
}

const cell = (name: string, percent: number, minute: number, more: Partial<LatencyScenario>): LatencyCell => ({
  ...{ name, perMinute: 6_000, bar: { percent, minute } },
  ...more,
});

const harmless: readonly LatencyCell[] = [
  cell('nothing', 0, Number.NaN, {}),
  cell('both ×1.5 slower by and by', 0, Number.NaN, { drift: 1.5 }),
];

const worse: readonly LatencyCell[] = [
  cell('+5 %', 100, 25, { shift: 1.05 }),
  cell('+10 %', 100, 14, { shift: 1.1 }),
  cell('+20 %', 100, 8, { shift: 1.2 }),
  cell('+50 %', 100, 2, { shift: 1.5 }),
  cell('0.5 % at 1 s', 100, 24, { tail: 0.005 }),
  cell('1 % at 1 s', 100, 15, { tail: 0.01 }),
  cell('2 % at 1 s', 100, 10, { tail: 0.02 }),
  cell('600: +20 %', 100, 21, { shift: 1.2, perMinute: 600 }),
  cell('600: 1 % at 1 s', 99, 36, { tail: 0.01, perMinute: 600 }),
];

type Watch = (minutes: readonly LatencyMinute[]) => number | null;

const inOurs =
  (dispersion: 'clients' | 'measured'): Watch =>
  (minutes) => {
    const judge = createJudge(threeBounds(dispersion));
    let [fold, share] = [judge.start(), 0];
    for (const [at, { shareBp, slower }] of minutes.entries()) {
      if (share !== shareBp) fold = judge.nextStage(fold);
      share = shareBp;
      fold = judge.fold(fold, { ...intervalOf(at, slower.p50, shareBp), metrics: readings(slower) });
      if (judge.decide(fold, contextOf(at, shareBp)).kind === 'fail') return at + 1;
    }
    return null;
  };

const readings = (slower: LatencyMinute['slower']) =>
  Object.fromEntries(metricBounds.map((bound) => [bound, { counts: slower[bound] }]));

function threeBounds(dispersion: 'clients' | 'measured'): SequentialJudgeSpec {
  const spec = specOf({ dispersion });
  const rule = spec.metrics.errors;
  return { ...spec, metrics: Object.fromEntries(metricBounds.flatMap((bound) => (rule ? [[bound, rule]] : []))) };
}

/** The 99th percentile is above the limit when more than 1 % of the requests are. */
const inFlagger: Watch = (minutes) => {
  const fifth = minutes.flatMap(({ slower }, at) => (badPart(slower.limit.gray) > 0.01 ? [at + 1] : []))[4];
  return fifth ?? null;
};

const watches: readonly (readonly [string, Watch])[] = [
  ['Flagger: p99 above 500 ms, fifth time', inFlagger],
  ['gray-release, p50 + p90 + p99', inOurs('clients')],
  ['gray-release, p50 + p90 + p99, scatter measured as it goes', inOurs('measured')],
];

function tallied(scenario: LatencyScenario, runs: number): readonly Tally[] {
  const minutes = watches.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    const stream = latenciesOf(scenario, run);
    for (const [at, [, watch]] of watches.entries()) minutes[at]?.push(...[watch(stream) ?? []].flat());
  }
  return watches.map(([rule], at) => ({ rule, runs, minutes: (minutes[at] ?? []).toSorted((a, b) => a - b) }));
}

export function latency(runs: number, say: (line: string) => void): Section {
  const found = [...harmless, ...worse].map((one) => {
    const tallies = tallied(one, runs);
    say(`latency, ${one.name}`);
    return { one, tallies };
  });
  const ourOwn = found.flatMap(({ one, tallies: [, clients] }) => (clients ? [{ one, tally: clients }] : []));
  const falsely = ourOwn.slice(0, harmless.length).map(({ tally }) => tally.minutes.length);
  const later = ourOwn.slice(harmless.length).filter(({ one, tally }) => isLater(one.bar, tally));
  return {
    title: 'Latency',
    lines: [
      `Log-normal, median 100 ms, 99th percentile 404 ms, 6,000 requests a minute unless said; percent and median minute, ${runs} a column.`,
      'Flagger can only know a limit that somebody wrote down; the three bounds of ours are percentiles of the time before.',
      '',
      ...markdownTable(['rule', ...found.map(({ one }) => one.name)], [barRow(found), ...rowsOf(found)]),
    ],
    figures: [
      { name: 'latency, false rollbacks', value: Math.max(...falsely), unit: `of ${runs}`, atMost: mostOf(runs, 0.01) },
      { name: 'latency, cells seen later than the page', value: later.length, unit: `of ${worse.length}`, atMost: 0 },
    ],
  };
}

type Found = readonly { readonly one: LatencyCell; readonly tallies: readonly Tally[] }[];

const barRow = (found: Found) => [
  '*page*',
  ...found.map(({ one: { bar } }) => (bar.percent === 0 ? '*0*' : `*${bar.percent}/${bar.minute}*`)),
];

const rowsOf = (found: Found) =>
  watches.map(([name], at) => [name, ...found.map(({ tallies }) => (tallies[at] ? foundIn(tallies[at]) : ''))]);

/** The page had 150 releases a cell: a minute more, and 3 points less, are chance. */
const isLater = ({ percent, minute }: Bar, tally: Tally): boolean =>
  partOf(tally) * 100 < percent - 3 || medianOf(tally) > minute + 1;
