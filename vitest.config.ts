import { defineConfig } from 'vitest/config';

/** Pure and relied on by everything: each of their lines and branches has a test. */
const FULLY_COVERED = [
  'shared/base/**',
  'shared/kinds/**',
  'shared/report/**',
  'worker/reaction.ts',
];

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/provide-redis.ts'],
    // On two cores: the files wait for processes and sockets more than they compute.
    maxWorkers: 3,
    // Ends what hangs; where a time matters, the test itself has a limit.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['{cli,producer,worker,dashboard,origin,shared}/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: Object.fromEntries(FULLY_COVERED.map((glob) => [glob, { 100: true }])),
    },
  },
});
