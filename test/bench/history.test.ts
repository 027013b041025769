import { expect, it } from 'vitest';
import { runQuickly } from './quick.ts';

it('the history of a five-stage release of twenty servers stays small, however long the holds are', async () => {
  const { report, exitCode } = await runQuickly('history');
  expect(report.bounds).toMatchObject({
    'nobody intervenes': { atMost: 220 },
    'an approval': { atMost: 230 },
    'holds of 30 days, stand-in': { atMost: 220 },
    '30 days against 1 minute': { atMost: 5 },
  });
  expect(report).toMatchObject({ bench: 'history', ok: true });
  expect(exitCode).toBe(0);
}, 180_000);
