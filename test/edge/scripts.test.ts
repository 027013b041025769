/** The scripts that a fresh clone runs before it has its packages. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { filesIn, importsOf, root } from '../support/source.ts';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests?: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const clean: Report = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, testResults: [] };

async function tally(report: Report | null, status: number): Promise<unknown> {
  const call = `import { tally } from './scripts/tally.mjs'; console.log(JSON.stringify(tally(${JSON.stringify(report)}, ${status})))`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', call], { cwd: root });
  return JSON.parse(stdout);
}

describe('what npm test counts', () => {
  it.each([
    ['all passed', clean, 0, { passed: 7, failed: 0, skipped: 0 }],
    ['a test failed', { ...clean, numFailedTests: 2 }, 1, { passed: 7, failed: 2, skipped: 0 }],
    ['tests left out', { ...clean, numPendingTests: 1, numTodoTests: 2 }, 0, { passed: 7, failed: 0, skipped: 3 }],
    [
      'a file that does not load',
      { ...clean, testResults: [{ status: 'failed', assertionResults: [] }] },
      1,
      { passed: 7, failed: 1, skipped: 0 },
    ],
    ['an error that no test owns', clean, 1, { passed: 7, failed: 1, skipped: 0 }],
    ['no test run at all', null, 1, { passed: 0, failed: 1, skipped: 0 }],
    ['no report although all is well', null, 0, { passed: 0, failed: 1, skipped: 0 }],
  ])('%s', async (_, report, status, counts) => {
    expect(await tally(report, status)).toEqual(counts);
  });
});

describe('set-up', () => {
  it('finds nothing to do where everything is installed', async () => {
    const { stdout } = await execa(process.execPath, ['scripts/setup.mjs'], { cwd: root });
    expect(stdout).toContain('▸ ready');
    expect(stdout).not.toContain('npm packages');
  });

  it('and its fellows need no package', () => {
    const early = ['setup', 'run', 'demo', 'test', 'system-packages', 'tally'].map((name) => `scripts/${name}.mjs`);
    const files = filesIn(['scripts'], ['.mjs']).filter(({ path }) => early.includes(path));
    expect(files).toHaveLength(early.length);
    const foreign = files.flatMap((file) => importsOf(file).filter(({ to }) => !/^(node:|scripts\/)/.test(to)));
    expect(foreign).toEqual([]);
  });
});
