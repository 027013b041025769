import { expect, it } from 'vitest';
import { runQuickly } from './quick.ts';

it('bench:judge measures false rollbacks, detection, whole releases and what a verdict costs', async () => {
  const { report, exitCode } = await runQuickly('judge');
  expect(report.bench).toBe('judge');
  const falsely = Object.keys(report.figures).filter((name) => name.startsWith('false rollbacks'));
  expect(falsely.length).toBe(9);
  for (const name of falsely) expect(report.figures[name]).toBeLessThanOrEqual(report.bounds[name]?.atMost ?? -1);
  expect(report.bounds).toMatchObject({
    'cells seen later than the page': { atMost: 0 },
    'wrong passes, worst stage': { atMost: 6 },
    'verdict over a day of 5 metrics': { atMost: 20 },
    'memory after a day ÷ after an hour': { atMost: 1.1 },
  });
  expect(exitCode).toBe(report.ok ? 0 : 1);
}, 180_000);
