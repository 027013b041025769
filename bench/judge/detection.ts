/** Releases whose gray is worse: who sees it, and when. */
import { type Cell, detectionRows, factors, intermittentCells, lateCells, marginRow, type Row } from './cells.ts';
import { judgeClients, judgeMargin } from './rules/gray-release.ts';
import { rules, variants } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';
import { errorOf, foundIn, markdownTable, type Section } from './section.ts';
import { meanOf, medianOf, partOf, type Tally, tally } from './tally.ts';

interface Found {
  readonly cell: Cell;
  readonly tallies: readonly Tally[];
}

type Say = (line: string) => void;

const find = (cells: readonly Cell[], among: readonly Rule[], runs: number, say: Say): readonly Found[] =>
  cells.map((cell) => {
    const tallies = tally(among, cell.scenario, runs);
    say(`worse, ${cell.scenario.name}`);
    return { cell, tallies };
  });

export interface Detection extends Section {
  /** By rule, the mean minute in which ×3 at 6,000 a minute and 0.5 % is rolled back; 60 for never. */
  readonly threeTimes: ReadonlyMap<string, number>;
}

export function detection(runs: number, say: Say): Detection {
  const rows = detectionRows.map((row) => ({ row, found: find(row.cells, rules, runs, say) }));
  const margin = find(marginRow.cells, variants, runs, say);
  const gone = find([...intermittentCells, ...lateCells], rules, runs, say);
  const all = rows.flatMap(({ found }) => found);
  const three = all.find(({ cell }) => cell.scenario.name === '×3 6k · 0.5 %');
  return {
    title: 'Worse releases',
    lines: [
      `Percent of the releases that were rolled back within the hour, and the median minute of those; ${runs} a column, ${errorOf(0.5, runs)}.`,
      'The row "page" is the bar: our own measurements before the product existed, by a bare e-process.',
      ...rows.flatMap(({ row, found }) => ['', `### ${row.name}`, '', ...tableOf(row, found, rules)]),
      ...['', `### ${marginRow.name}, 1.25 times worse is tolerated`, '', ...tableOf(marginRow, margin, [judgeMargin])],
      ...['', '### Now and then, and late (6k · 0.5 %)', '', ...goneTable(gone)],
    ],
    figures: [
      laterFigure('cells seen later than the page', all, judgeClients, runs),
      laterFigure('cells seen later than the page, margin 1.25', margin, judgeMargin, runs),
      laterFigure('cells seen later than the page, intermittent and late', gone, judgeClients, runs),
      { name: 'cells with a median above that of the page', value: laterMedians(all, judgeClients), unit: '' },
    ],
    threeTimes: new Map(three?.tallies.map((one): [string, number] => [one.rule, meanOf(one)])),
  };
}

const tableOf = (row: Row, found: readonly Found[], among: readonly Rule[]) =>
  markdownTable(
    ['rule', ...row.cells.map((_, at) => `×${factors[at]}`)],
    [
      ['*page*', ...row.cells.map(({ bar }) => `*${bar.percent}/${bar.minute}*`)],
      ...among.map(({ name }) => [name, ...found.map((one) => foundIn(of(one, name)))]),
    ],
  );

const goneTable = (found: readonly Found[]) =>
  markdownTable(
    ['rule', ...found.map(({ cell }) => cell.scenario.name)],
    rules.map(({ name }) => [name, ...found.map((one) => foundIn(of(one, name)))]),
  );

function of({ tallies }: Found, name: string): Tally {
  const found = tallies.find(({ rule }) => rule === name);
  if (found === undefined) throw new Error(`${name} was not measured`);
  return found;
}

/** The page had 2,000 releases a cell. */
const pageRuns = 2_000;

/** Three standard errors of the difference of two parts, ours of `one` releases and the page's of `other`. */
const allowed = (part: number, one: number, other: number): number =>
  3 * Math.sqrt(Math.max(part * (1 - part), 1 / one) * (1 / one + 1 / other));

/** By more than chance. */
function isLater(one: Found, { name }: Rule, runs: number): boolean {
  const wanted = one.cell.bar.percent / 100;
  const found = of(one, name);
  const seen = found.minutes.length;
  if (partOf(found) < wanted - 0.005 - allowed(wanted, runs, pageRuns)) return true;
  const inTime = found.minutes.filter((minute) => minute <= one.cell.bar.minute).length;
  return seen > 0 && wanted > 0 && inTime / seen < 0.5 - allowed(0.5, seen, pageRuns * wanted);
}

const laterFigure = (name: string, found: readonly Found[], rule: Rule, runs: number) => ({
  ...{ name, unit: `of ${found.length}`, atMost: 0 },
  value: found.filter((one) => isLater(one, rule, runs)).length,
});

const laterMedians = (found: readonly Found[], { name }: Rule): number =>
  found.filter((one) => medianOf(of(one, name)) > one.cell.bar.minute).length;
