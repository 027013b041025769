/** The abilities table: what the adapters say of themselves, and what the last run measured. */
import { readFileSync, writeFileSync } from 'node:fs';
import { entries } from './entries/index.ts';
import type { RouterEntry } from './entry.ts';
import { type LastRun, lastRun, type Row } from './measured.ts';

const yes = (ability: boolean): string => (ability ? 'yes' : 'no');
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

interface Column {
  readonly head: string;
  readonly cell: (entry: RouterEntry, row: Row | undefined) => string;
}

const step: Column = { head: 'step', cell: ({ abilities }) => `${abilities.granularityBp / 100} %` };

const setAndConfirm: Column = {
  head: 'set + confirm p50 / p95, ms',
  cell: (_, row) => (row === undefined ? 'not measured' : `${ms(row.setP50)} / ${ms(row.setP95)}`),
};

const lost: Column = {
  head: 'lost per change',
  cell: ({ abilities }, row) => {
    if (row === undefined) return abilities.dropsOnChange ? 'some' : 'none, by design';
    const each = row.lost / row.changes;
    return `${each === 0 ? '0' : each.toFixed(1)} (${row.lost} of ${row.requests})`;
  },
};

const abilityColumns: readonly Column[] = [
  step,
  { head: 'sticky', cell: ({ abilities }) => yes(abilities.sticky) },
  { head: 'monotone', cell: ({ abilities }) => yes(abilities.monotone) },
  { head: 'atomic', cell: ({ abilities }) => yes(abilities.atomic) },
  { head: 'may drop on change', cell: ({ abilities }) => yes(abilities.dropsOnChange) },
  { head: 'survives a restart', cell: ({ abilities }) => yes(abilities.survivesRestart) },
  { head: 'closes sessions', cell: ({ abilities }) => yes(abilities.closesSessions) },
];

/** For docs/adapters/README.md. */
export const fullTable = (run: LastRun | null): string =>
  tableOf([nameColumn(''), ...abilityColumns, setAndConfirm, lost, note], run);

/** For the README of the project. */
export const shortTable = (run: LastRun | null): string =>
  tableOf([nameColumn('docs/adapters/'), step, setAndConfirm, lost], run);

const nameColumn = (folder: string): Column => ({
  head: 'router',
  cell: ({ name, page }) => (page === null ? name : `[${name}](${folder}${page}.md)`),
});

const note: Column = { head: 'to know', cell: (entry) => entry.note ?? '' };

function tableOf(columns: readonly Column[], run: LastRun | null): string {
  const rows = entries.map((entry) => columns.map(({ cell }) => cell(entry, run?.routers[entry.name])));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns.map(({ head }) => head)), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Where the tables are, each between two marks. */
export const places: readonly { readonly file: string; readonly table: (run: LastRun | null) => string }[] = [
  { file: 'README.md', table: shortTable },
  { file: 'docs/adapters/README.md', table: fullTable },
];

const marks = { begin: '<!-- routers: written by `npm run bench:routers -- --table` -->', end: '<!-- /routers -->' };

/** `text` with the table between its marks. Throws where there are none. */
export function withTable(text: string, table: string): string {
  const [before, rest] = halves(text, marks.begin);
  const [, after] = halves(rest, marks.end);
  return `${before}${marks.begin}\n${table}\n${marks.end}${after}`;
}

function halves(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

export const placeOf = (file: string): URL => new URL(`../../${file}`, import.meta.url);

export function writeTables(): void {
  const run = lastRun();
  for (const { file, table } of places) {
    const path = placeOf(file);
    writeFileSync(path, withTable(readFileSync(path, 'utf8'), table(run)));
  }
}
