import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, gray } from './gray.ts';

const header = 'interval_end_s,metric,gray_total,gray_bad,stable_total,stable_bad,share_bp';

/** `count` minutes of a release at 10 %, with `bad` bad gray requests each. */
const minutes = (count: number, bad: number): string[] =>
  Array.from({ length: count }, (_, at) => `${60 * (at + 1)},errors,600,${bad},5400,27,1000`);

async function judged(content: string, ...args: readonly string[]) {
  const file = join(await folder(), 'past.csv');
  await writeFile(file, content);
  return gray(['judge', '--table', file, ...args]);
}

const table = (...lines: readonly string[]): string => `${[header, ...lines].join('\n')}\n`;

describe('gray judge --table', { timeout: 60_000 }, () => {
  it('passes a past release that was not worse, and shows the evidence interval by interval', async () => {
    const { exitCode, stdout } = await judged(table(...minutes(60, 3)));
    expect(stdout).toContain('pass: errors: 180 of 36000 gray requests (0.5 %)');
    expect(stdout.split('\n').filter((line) => line.includes('10 %')).length).toBe(60);
    expect(exitCode).toBe(0);
  });

  it('fails one that was, tells when, and leaves with the status of a rollback', async () => {
    const { exitCode, stdout } = await judged(table(...minutes(60, 12)), '--json');
    const { rows, verdict } = JSON.parse(stdout);
    expect(verdict).toMatchObject({ kind: 'fail', metric: 'errors' });
    const first = rows.findIndex((row: { verdict: { kind: string } }) => row.verdict.kind === 'fail');
    expect(first).toBeGreaterThan(2);
    expect(first).toBeLessThan(30);
    expect(rows[first].verdict.evidence[0].evidence.lnFail).toBeGreaterThan(4.6);
    expect(exitCode).toBe(5);
  });

  it('leaves with a status of its own where neither is shown', async () => {
    expect((await judged(table(...minutes(1, 3)))).exitCode).toBe(9);
  });

  it('refuses a table with every problem at once, its line, and a near match', async () => {
    const { exitCode, stderr } = await judged(
      table('60,errors,10,11,5,0,500', '60,errors,x,0,5,0,500', '60,errors,5,0,5,0,500', '60,errors,5,0,5,0,500'),
    );
    expect(stderr).toContain('line 2');
    expect(stderr).toContain('expected at most as many bad requests as requests');
    expect(stderr).toContain('line 3');
    expect(stderr).toContain('twice');
    expect(exitCode).toBe(2);
    const misspelt = await judged(`${header.replace('gray_bad', 'grey_bad')}\n60,errors,10,1,5,0,500\n`);
    expect(misspelt.stderr).toContain('gray_bad');
    expect(misspelt.stderr).toContain('did you mean');
  });

  it('says so where there is no table', async () => {
    expect((await gray(['judge'])).stderr).toContain('--table is missing');
    expect((await gray(['judge', '--table', 'nowhere.csv'])).stderr).toContain('cannot read nowhere.csv');
    expect((await judged('')).stderr).toContain('at least one interval');
  });
});
