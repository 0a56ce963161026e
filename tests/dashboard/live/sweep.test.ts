import { describe, expect, it } from 'vitest';
import { sweepSteps } from '../../../dashboard/live/panel.js';
import type { Report } from '../../../shared/report/report.js';

function reportOf(run: number, pass: number, concurrency: number, speedUp: number | null): Report {
  const baseline = concurrency === 1 && speedUp === null;
  return { run, pass, concurrency, baseline, comparison: baseline ? null : { speedUp } } as Report;
}

const onePass = [
  reportOf(1, 1, 1, null),
  reportOf(2, 1, 2, 1.9),
  reportOf(3, 1, 10, 8),
  reportOf(4, 1, 50, 20),
];

describe('sweepSteps()', () => {
  it('lists the steps by concurrency, newest run of each', () => {
    expect(sweepSteps(onePass.toReversed())).toEqual([
      { run: 2, concurrency: 2, speedUp: 1.9, range: null },
      { run: 3, concurrency: 10, speedUp: 8, range: null },
      { run: 4, concurrency: 50, speedUp: 20, range: null },
    ]);
  });

  it('takes passes together by their place, whatever concurrency was seen', () => {
    const passes = [2, 3].flatMap((pass) =>
      onePass.map((report) => ({
        ...report,
        run: report.run + pass * 10,
        pass,
        concurrency: report.concurrency - (pass === 3 ? 1 : 0),
      })),
    );

    const steps = sweepSteps([...onePass, ...passes] as Report[]);

    expect(steps.map(({ concurrency }) => concurrency)).toEqual([2, 10, 50]);
    expect(steps[2]).toMatchObject({ run: 34, speedUp: 20, range: [20, 20] });
  });

  it('is none with fewer than three, or without speed-ups', () => {
    expect(sweepSteps(onePass.slice(0, 3))).toEqual([]);
    expect(sweepSteps([...onePass.slice(0, 3), reportOf(4, 1, 50, null)])).toEqual([]);
  });
});
