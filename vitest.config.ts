import { defineConfig } from 'vitest/config';

const report = process.env.GRAY_TEST_REPORT;

/** Arithmetic and files: these tests share nothing and may run side by side. */
const pure = ['test/domain/**/*.test.ts', 'test/activities/**/*.test.ts', 'test/edge/!(pack).test.ts'];

/** Releases in memory on a real Temporal server: they mostly wait, so four files at a time disturb nobody. */
const waiting = ['test/workflows/**/*.test.ts', 'test/edge/client/**/*.test.ts'];

/** Adapters and programs on their own: real processes too, but no test is about how soon one of them acts. */
const alone = ['adapters', 'router', 'provision', 'edge/cli', 'edge/doctor'].map((dir) => `test/${dir}/**/*.test.ts`);

/** Real processes on a shared machine can starve for seconds. A second try is named in the report, never silent. */
const secondTries = 1;

/**
 * `pure` first, then `waiting`, side by side; then single adapters and programs two at a time; then whole releases on
 * real processes, one file at a time: on two cores a test's own siblings would be its noisiest neighbours.
 */
export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    globalSetup: ['test/support/provisioned.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      { extends: true, test: { name: 'pure', include: pure, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'waiting', include: waiting, maxWorkers: 4, retry: secondTries, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          maxWorkers: 2,
          retry: secondTries,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, ...waiting, ...alone, '**/node_modules/**'],
          maxWorkers: 1,
          retry: secondTries,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
