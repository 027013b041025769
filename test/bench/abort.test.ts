import { expect, it } from 'vitest';
import { runQuickly } from './quick.ts';

it('bench:abort measures both routers, leveling, and workers that are lost', async () => {
  const { report, exitCode } = await runQuickly('abort');
  expect(report.bench).toBe('abort');
  expect(Object.keys(report.figures)).toEqual(
    expect.arrayContaining([
      ...['embedded abort p50', 'embedded abort p99', 'haproxy abort p50', 'haproxy abort p99'],
      ...['embedded abort in leveling, floor', 'haproxy abort in leveling, floor'],
      ...['abort, worker killed: longest', 'abort, worker frozen: longest'],
    ]),
  );
  expect(report.bounds).toMatchObject({
    'haproxy abort p99': { atMost: 250 },
    'embedded abort ÷ bare Update, p99': { atMost: 3 },
    'abort, worker killed: longest': { atMost: 5_000 },
    'abort, worker frozen: longest': { atMost: 15_000 },
  });
  expect(exitCode).toBe(report.ok ? 0 : 1);
}, 180_000);
