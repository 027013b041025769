/**
 * `npm test`: set-up, system packages, then `npm run check`. Its last line is `N passed, N failed[, N skipped]`.
 * With CI set, a missing system package and a skipped test fail the run.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm, run } from './run.mjs';
import { setUp } from './setup.mjs';
import { provideSystemPackages } from './system-packages.mjs';
import { tally } from './tally.mjs';

const strict = Boolean(process.env.CI);

await setUp();
const missing = await provideSystemPackages();
const counts = strict && missing.length > 0 ? refuse(missing) : await check();

console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
);
process.exitCode = counts.failed > 0 || counts.passed === 0 || (strict && counts.skipped > 0) ? 1 : 0;

function refuse(packages) {
  console.error(`✗ CI needs ${packages.join(', ')}`);
  return { passed: 0, failed: 1, skipped: 0 };
}

async function check() {
  const folder = mkdtempSync(join(tmpdir(), 'gray-test-'));
  const report = join(folder, 'report.json');
  try {
    const status = await run(...npm('run', 'check'), { env: { ...process.env, GRAY_TEST_REPORT: report } });
    return tally(readReport(report), status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null when formatter, linter or compiler stopped the check before the tests. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
