import { defineConfig } from 'vitest/config';

/** Pure and relied on by everything: each of their lines and branches has a test. */
const FULLY_COVERED = [
  'shared/base/**',
  'shared/kinds/**',
  'shared/report/**',
  'worker/reaction.ts',
];

/** `npm test` leaves them out, `npm run test:all` does not. */
const LONG = ['tests/faults/**/*.test.ts', 'tests/deploy/installed-package.test.ts'];

const IN_BROWSER = 'tests/dashboard/in-browser/**/*.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['tests/support/provide-redis.ts'],
    // Files share a process and the modules it has loaded, which is a third of their processor time: a
    // test that changes what the process has (its environment, a spy) puts it back.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['tests/**/*.test.ts'],
          exclude: [IN_BROWSER, ...LONG],
          // On two cores: the files wait for processes and sockets three times as long as they compute.
          maxWorkers: 6,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'in a browser',
          include: [IN_BROWSER],
          globalSetup: ['tests/support/provide-browser.ts'],
          // One browser for all files, whose pages wait as long as they compute.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: LONG,
          // Most start a Redis, workers and producers, and hold them to times.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    // Ends what hangs; where a time matters, the test itself has a limit.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Of its own it is a second, which is short where others want the machine's cores.
    expect: { poll: { timeout: 60_000 } },
    coverage: {
      provider: 'v8',
      // What no threshold looks at is left out: to work it out takes a tenth of the run.
      include: FULLY_COVERED.map((glob) => glob.replace(/\*\*$/, '**/*.ts')),
      reporter: ['text-summary', 'html'],
      thresholds: Object.fromEntries(FULLY_COVERED.map((glob) => [glob, { 100: true }])),
    },
  },
});
