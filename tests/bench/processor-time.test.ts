import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { endedChildrenMs, ratiosOf } from './processor-time.js';

const run = promisify(execFile);

/** Spends 300 ms of processor time in a child of its own, and next to none itself. */
const BUSY_CHILD =
  'while (process.cpuUsage().user < 300_000) Math.random(); process.stdout.write("done")';
const PARENT = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(BUSY_CHILD)}])`;

describe('endedChildrenMs()', () => {
  it('grows by what an ended process and its own children took', async () => {
    const before = await endedChildrenMs();
    await run(process.execPath, ['-e', PARENT]);
    const spent = (await endedChildrenMs()) - before;

    expect(spent).toBeGreaterThanOrEqual(300);
    expect(spent).toBeLessThan(3000);
  });
});

describe('ratiosOf()', () => {
  const series = [
    { contestant: 'ours', unit: 'comics/s', values: [30, 40] },
    { contestant: 'theirs', unit: 'comics/s', values: [10, 20] },
  ];

  it('sets the values of each repeat against each other', () => {
    expect(ratiosOf(series, 'ours', 'theirs')).toEqual([3, 2]);
  });

  it('has none where a contestant was not measured', () => {
    expect(ratiosOf(series, 'ours', 'missing')).toEqual([]);
  });
});
