/** What was kept of a release and judged again, offline, gives the verdicts of the release itself. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded } from '../../bench/judge/random.ts';
import { contextOf, intervalOf, specOf } from '../../bench/judge/rules/gray-release.ts';
import { drawMinute } from '../../bench/judge/streams.ts';
import { fileEvidence } from '../../src/adapters/evidence/files.ts';
import { evidenceCsv, readEvidence } from '../../src/adapters/evidence/read.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import { judgeTable } from '../../src/domain/judge/table.ts';
import { readIntervalTable } from '../../src/spec/interval-table.ts';

const spec = specOf({ maxRate: 0.05, margin: 1.25 });
const shares = [100, 500, 2_000];

it.each([1, 2, 4])('a gray %d times as bad', async (ratio) => {
  const folder = await mkdtemp(join(tmpdir(), 'gray-evidence-'));
  try {
    const log = fileEvidence(folder);
    const judge = createJudge(spec);
    const random = seeded(`again ${ratio}`);
    let fold = judge.start();
    const said: unknown[] = [];
    for (const [stage, shareBp] of shares.entries()) {
      if (stage > 0) fold = judge.nextStage(fold);
      const upToMs = fold.upToMs;
      await log.append('shop', { kind: 'begin', atMs: upToMs, stage, newStage: true, upToMs, judge: spec });
      for (let minute = stage * 12; minute < stage * 12 + 12; minute += 1) {
        const base = { kind: 'iid', perMinute: 6_000, shareBp, base: 0.005, worse: 0.005 * ratio } as const;
        const interval = intervalOf(minute, drawMinute(random, base), shareBp);
        await log.append('shop', { kind: 'interval', stage, shareBp, interval });
        fold = judge.fold(fold, interval);
        said.push(judge.decide(fold, contextOf(minute, shareBp)));
      }
    }
    const table = readIntervalTable(evidenceCsv(await readEvidence([folder], 'shop')), 'kept');
    const again = judgeTable(createJudge(spec), table.rows, { restBp: 0 });
    expect(again.map(({ verdict }) => verdict)).toEqual(said);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
