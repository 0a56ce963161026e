/** Prints the counts of vitest's JSON report on one plain line; fails when no test was run. */

import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
const report = text === '' ? {} : JSON.parse(text);
const { numPassedTests: passed = 0, numFailedTests: failed = 0, numTotalTests: total = 0 } = report;

// A file that fails as a whole (it cannot be loaded, its set-up throws) fails no test of its own:
// it counts as one failure.
const broken = (report.testResults ?? []).filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
).length;

process.stdout.write(
  `${passed} passed, ${failed + broken} failed, ${total - passed - failed} skipped\n`,
);
if (passed === 0) process.exitCode = 1;
