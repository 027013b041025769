import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real servers on two cores: one file at a time, so that a noisy neighbour is never a test's own sibling.
    fileParallelism: false,
    pool: 'forks',
  },
});
