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
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['{cli,producer,worker,dashboard,origin,shared}/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: Object.fromEntries(FULLY_COVERED.map((glob) => [glob, { 100: true }])),
    },
  },
});
