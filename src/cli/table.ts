/** Tables without borders, for terminals and files alike. */
import Table from 'cli-table3';

const none = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
};

/** Columns are as wide as their content, at most `widest`; what does not fit goes on in the next line of its cell. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widest: readonly number[],
): string {
  const drawn = new Table({
    ...(head.length === 0 ? {} : { head: [...head] }),
    colWidths: widest.map((limit, column) => Math.min(limit, widestCell(head, rows, column) + gap)),
    chars: none,
    style: { head: [], border: [], 'padding-left': gap, 'padding-right': 0 },
    wordWrap: true,
  });
  for (const row of rows) drawn.push(row.map((cell, column) => breakable(cell, (widest[column] ?? cell.length) - gap)));
  return trimmed(drawn.toString());
}

/** A word longer than its column would be cut off. */
const breakable = (cell: string, width: number): string => cell.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$& ');

const gap = 2;

const widestCell = (head: readonly string[], rows: readonly (readonly string[])[], column: number): number =>
  Math.max(0, ...[...rows, head].map((row) => row[column]?.length ?? 0));

const trimmed = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
