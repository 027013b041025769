/** Short aligned columns inside other text. */
import { table } from './table.ts';

/** One line per row, columns aligned, nothing before the first and after the last. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const drawn = table(
    [],
    rows,
    first.map(() => widest),
  ).split('\n');
  return drawn.map((line) => line.slice(2));
}

/** Longer cells go on in the next line. */
const widest = 80;
