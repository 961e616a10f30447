import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{services/*,shared,models,loadtest}/test/**/*.test.ts'],
    // Native add-ons can crash a pool of threads (vitest-dev/tinypool#48).
    pool: 'forks',
    globalSetup: ['./vitest.setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
