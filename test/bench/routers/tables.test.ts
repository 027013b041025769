import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { entries } from '../../../bench/routers/entries/index.ts';
import { lastRun } from '../../../bench/routers/measured.ts';
import { placeOf, places, withTable } from '../../../bench/routers/tables.ts';
import { routers } from '../../../src/adapters/router/index.ts';

it.each(places)(
  'the table in $file is what the adapters say of themselves (npm run bench:routers -- --table)',
  ({ file, table }) => {
    const text = readFileSync(placeOf(file), 'utf8');
    expect(withTable(text, table(lastRun()))).toBe(text);
  },
);

it('every router is in the table', () => {
  const listed = new Set(entries.map(({ abilities }) => abilities.kind));
  const all = Object.keys(routers).filter((kind) => kind !== 'memory' && kind !== 'several');
  expect(all.filter((kind) => !listed.has(kind))).toEqual([]);
});
