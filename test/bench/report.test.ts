import { describe, expect, it } from 'vitest';
import { percentileFigures, percentiles, toReport } from '../../bench/report.ts';

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('a benchmark', () => {
  it('reports percentiles that were measured', () => {
    expect(percentiles(oneToHundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(percentiles([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
    expect(() => percentiles([])).toThrow('no samples');
  });

  it('holds when every figure is within its bounds', () => {
    const figures = [
      ...percentileFigures('abort', 'ms', oneToHundred, { p99: 250 }),
      { name: 'requests', value: 20_000, unit: '', atLeast: 20_000 },
    ];
    expect(toReport('abort', figures)).toEqual({
      bench: 'abort',
      figures: { 'abort p50': 50, 'abort p95': 95, 'abort p99': 99, requests: 20_000 },
      bounds: { 'abort p99': { atMost: 250 }, requests: { atLeast: 20_000 } },
      ok: true,
    });
  });

  it.each([
    ['above', { name: 'lost', value: 1, unit: '', atMost: 0 }],
    ['below', { name: 'sent', value: 1, unit: '', atLeast: 2 }],
    ['no number', { name: 'lost', value: Number.NaN, unit: '' }],
  ])('misses when a figure is %s', (_, figure) => {
    expect(toReport('release', [figure]).ok).toBe(false);
  });

  it('misses when it measured nothing', () => {
    expect(toReport('release', []).ok).toBe(false);
  });
});
