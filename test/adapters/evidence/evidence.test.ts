import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evidenceFile, fileEvidence } from '../../../src/adapters/evidence/files.ts';
import type { EvidenceEntry } from '../../../src/adapters/evidence/port.ts';
import { evidenceCsv, readEvidence } from '../../../src/adapters/evidence/read.ts';
import { releaseSpec } from '../../support/release-spec.ts';

const { judge } = releaseSpec('shop');
const begin = (atMs: number, upToMs: number, stage = 0): EvidenceEntry => ({
  ...{ kind: 'begin', atMs, stage, newStage: upToMs === 0, upToMs, judge },
});
const seen = (toMs: number, bad = 1, stage = 0): EvidenceEntry => ({
  ...{ kind: 'interval', stage, shareBp: 500 },
  interval: {
    ...{ fromMs: toMs - 1_000, toMs },
    metrics: { errors: { counts: { gray: { total: 10, bad }, stable: { total: 90, bad: 0 } } } },
  },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gray-evidence-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function keep(entries: readonly EvidenceEntry[], into = folder): Promise<void> {
  const log = fileEvidence(into);
  for (const entry of entries) await log.append('shop-2.0.0-1234', entry);
}

const ends = async (folders = [folder]) =>
  (await readEvidence(folders, 'shop-2.0.0-1234')).map(({ interval }) => interval.toMs);

describe('kept evidence', () => {
  it('comes back in the order of time, stage after stage', async () => {
    await keep([begin(500, 0), seen(2_000), seen(3_000), begin(3_100, 3_000, 1), seen(5_000, 0, 1)]);
    expect(await ends()).toEqual([2_000, 3_000, 5_000]);
  });

  it('leaves out what an attempt saw that died before it could tell', async () => {
    await keep([begin(500, 0), seen(2_000), seen(3_000), begin(3_500, 2_000), seen(5_000)]);
    expect(await ends()).toEqual([2_000, 5_000]);
  });

  it('of several workers is put together', async () => {
    const other = join(folder, 'other');
    await keep([begin(500, 0), seen(2_000)]);
    await keep([begin(2_500, 2_000), seen(4_000)], other);
    expect(await ends([folder, other, join(folder, 'none')])).toEqual([2_000, 4_000]);
  });

  it('survives half a last line', async () => {
    await keep([begin(500, 0), seen(2_000)]);
    await appendFile(evidenceFile(folder, 'shop-2.0.0-1234'), '{"kind":"interval","sta');
    expect(await ends()).toEqual([2_000]);
  });

  it('is a table, one row for each metric and interval', async () => {
    await keep([begin(500, 0), seen(2_000, 3)]);
    expect(evidenceCsv(await readEvidence([folder], 'shop-2.0.0-1234'))).toBe(
      'interval_end_s,metric,gray_total,gray_bad,stable_total,stable_bad,share_bp,interval_start_s,stage\n2,errors,10,3,90,0,500,1,1\n',
    );
  });

  it('of a release that nobody here observed is missed aloud', async () => {
    await expect(ends()).rejects.toThrow('no evidence of shop-2.0.0-1234');
  });

  it('never leaves its folder, whatever a version is called', () => {
    expect(evidenceFile('kept', '../../etc/passwd')).toBe(join('kept', '..-..-etc-passwd.jsonl'));
  });
});
