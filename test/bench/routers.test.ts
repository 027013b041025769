import { expect, it } from 'vitest';
import { runQuickly } from './quick.ts';

it('bench:routers counts what is lost, wrong and late, and compares with the bare change and the bare proxy', async () => {
  const { report, exitCode } = await runQuickly('routers', ['--only', 'embedded,haproxy']);
  expect(report.bench).toBe('routers');
  for (const name of ['embedded', 'haproxy']) {
    expect(report.figures[`${name}: requests`]).toBeGreaterThanOrEqual(300);
    for (const count of ['lost', 'mismatches', 'torn', 'older fences in effect']) {
      expect(report.figures[`${name}: ${count}`], `${name}: ${count}`).toBe(0);
      expect(report.bounds[`${name}: ${count}`]).toEqual({ atMost: 0 });
    }
    expect(report.bounds[`${name}: set + confirm ÷ bare change, p95`]).toEqual({ atMost: 5 });
  }
  expect(report.bounds['embedded ÷ http-proxy-3 with time limits']).toEqual({ atLeast: 0.9 });
  expect(exitCode).toBe(report.ok ? 0 : 1);
}, 120_000);
