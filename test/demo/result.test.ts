import { describe, expect, it } from 'vitest';
import type { LoadSecond, LoadSummary } from '../../demo/load/tally.ts';
import { type Played, resultOf } from '../../demo/result.ts';
import { proofLines, tableOf } from '../../demo/view/proof.ts';

const latency = { p50Ms: 26, p99Ms: 60, maxMs: 90 };
const counts = { sent: 900, answered: 900, lost: 0, errors: 0 };

const load: LoadSummary = {
  ...counts,
  fromMs: 0,
  toMs: 3_000,
  versions: { '1.0.0': 500, '2.0.0': 400 },
  servers: {},
  moves: { '1.0.0 > 2.0.0': 40 },
  latency,
  lostExamples: [],
};

const second = (base: number, version: number): LoadSecond => ({
  ...counts,
  atMs: 0,
  open: 0,
  total: counts,
  versions: {},
  servers: {},
  users: { '1.0.0': base, '2.0.0': version },
  latency,
});

const good: Played = {
  scenario: 'completed',
  base: { version: '1.0.0', digest: 'sha256:b' },
  version: { version: '2.0.0', digest: 'sha256:v' },
  outcome: 'completed',
  tookMs: 58_000,
  link: 'http://127.0.0.1:8233/x',
  load,
  seconds: [second(100, 0), second(50, 50), second(0, 100)],
  servers: ['pay-1', 'pay-2'].map((id) => ({ id, version: '2.0.0', digest: 'sha256:v' })),
};

const problems = (change: Partial<Played>): readonly string[] => resultOf({ ...good, ...change }).problems;

describe('the proof', () => {
  it('is given for a release that ended as it had to, with nothing lost and every server on the build', () => {
    const result = resultOf(good);
    expect(result).toMatchObject({ ok: true, problems: [], share: [0, 0.5, 1], movedBack: 0 });
    const text = proofLines(result, false).join('\n');
    expect(text).toContain('completed: completed, as expected, in 0:58');
    expect(text).toContain('900 sent, 900 answered, 0 lost');
    expect(text).toContain('pay-2  2.0.0  sha256:v');
    expect(text).toContain('·▅█');
  });

  it('is refused for another outcome, a lost request, a server on the wrong build, users who moved back', () => {
    expect(problems({ outcome: 'rolledBack' })).toEqual(['the outcome is rolledBack, expected completed']);
    const lostExamples = [{ atMs: 0, user: null, why: 'ECONNRESET' }];
    expect(problems({ load: { ...load, lost: 2, lostExamples } })).toEqual(['2 of 900 requests were lost: ECONNRESET']);
    const servers = [{ id: 'pay-1', version: '2.0.0', digest: 'sha256:other' }];
    expect(problems({ servers })).toEqual(['pay-1 runs 2.0.0, expected 2.0.0 (sha256:v)']);
    expect(problems({ load: { ...load, moves: { '2.0.0 > 1.0.0': 1 } } })).toHaveLength(1);
    expect(problems({ load: { ...load, sent: 0 } })).toEqual(['no request was sent']);
  });

  it('wants every server back on base after any other expected end', () => {
    expect(problems({ scenario: 'abort', outcome: 'aborted' })).toHaveLength(2);
    const servers = [{ id: 'pay-1', version: '1.0.0', digest: 'sha256:b' }];
    const moves = { '2.0.0 > 1.0.0': 30 };
    expect(problems({ scenario: 'abort', outcome: 'aborted', servers, load: { ...load, moves } })).toEqual([]);
  });

  it('names the difference in the table of all scenarios', () => {
    const table = tableOf([resultOf(good), resultOf({ ...good, outcome: null })], false);
    expect(table).toMatch(/completed +│ completed +│ completed +│ +900 +│ +0 +│ +0:58 +│ as expected/);
    expect(table).toMatch(/completed +│ completed +│ - +│.*DIFFERS/);
  });
});
