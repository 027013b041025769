import { describe, expect, it } from 'vitest';
import { createJudge } from '../../../src/domain/judge/index.ts';
import { judgeTable, type TableRow } from '../../../src/domain/judge/table.ts';
import { releaseSpec } from '../../support/release-spec.ts';

const judge = createJudge(releaseSpec('shop').judge);
const row = (second: number, change: Partial<TableRow> = {}): TableRow => ({
  ...{ endMs: second * 1_000, metric: 'errors', shareBp: 500 },
  ...{ gray: { total: 10, bad: 0 }, stable: { total: 90, bad: 0 } },
  ...change,
});
const totals = (rows: readonly TableRow[], options = {}) =>
  judgeTable(judge, rows, options).map(({ verdict }) => verdict.evidence[0]?.gray.total);

describe('a recorded table', () => {
  it('is judged in the order of time, whatever its own is', () => {
    expect(judgeTable(judge, [row(3), row(1), row(2)]).map(({ endMs }) => endMs)).toEqual([1_000, 2_000, 3_000]);
  });

  it('asks a new stage for evidence of its own where the share changes', () => {
    const rows = [row(1), row(2), row(3, { shareBp: 1_500 })];
    expect(totals(rows)).toEqual([10, 20, 10]);
    expect(totals(rows, { oneStage: true })).toEqual([10, 20, 30]);
  });

  it('believes its own stages before the share', () => {
    expect(totals([row(1, { stage: 1 }), row(2, { stage: 2 })])).toEqual([10, 10]);
  });

  it('leaves out an interval that begins before the last one ended', () => {
    expect(totals([row(1), row(2), row(3, { startMs: 500 })])).toEqual([10, 20, 20]);
  });
});
