import { expect, it } from 'vitest';
import { runQuickly } from './quick.ts';

it('bench:release counts what a release with leveling behind HAProxy loses: nothing', async () => {
  const { report, exitCode } = await runQuickly('release');
  expect(report).toMatchObject({ bench: 'release', figures: { lost: 0 }, bounds: { lost: { atMost: 0 } } });
  expect(report.figures.requests).toBeGreaterThan(500);
  expect(exitCode).toBe(report.ok ? 0 : 1);
}, 180_000);
