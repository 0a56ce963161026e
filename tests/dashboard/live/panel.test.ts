import { describe, expect, it } from 'vitest';
import { recentPerSecond, remainingMs, sweepSteps } from '../../../dashboard/live/panel.js';
import type { Report } from '../../../shared/report/report.js';
import type { Point } from '../../../shared/runs/series.js';

const steady: Point[] = Array.from({ length: 21 }, (_, second) => [second, second * 10, 1]);

describe('recentPerSecond()', () => {
  it('is the slope of the last ten seconds', () => {
    const faster: Point[] = [...steady, [30, 500, 1]];

    expect(recentPerSecond(steady, 20)).toBe(10);
    expect(recentPerSecond(faster, 30.5)).toBe(30);
  });

  it('is the slope from the start in a shorter run', () => {
    expect(recentPerSecond(steady.slice(0, 3), 2.5)).toBe(10);
  });

  it('falls while nothing ends, down to zero', () => {
    expect(recentPerSecond(steady, 25)).toBe(5);
    expect(recentPerSecond(steady, 60)).toBe(0);
  });

  it('is nothing before any time has passed', () => {
    expect(recentPerSecond([], 0)).toBeNull();
    expect(recentPerSecond([[0, 0, 0]], 0)).toBeNull();
  });
});

describe('remainingMs()', () => {
  const report = { queued: 100, ended: 50, outcomes: { stored: 40, invalid: 10 } } as Report;

  it('goes by the present pace, failures included', () => {
    expect(remainingMs(report, 8, 5)).toBe(5000);
  });

  it('goes by the pace so far where no job does any work', () => {
    expect(remainingMs({ ...report, outcomes: { kept: 50 } }, 0, 5)).toBe(5000);
  });

  it('counts no job that nobody has queued, and none of a run that is given up', () => {
    const abandoned = { ...report, state: 'abandoned', added: 60 } as Report;

    expect(remainingMs(abandoned, 8, 5)).toBe(1000);
    expect(remainingMs({ ...report, state: 'cancelled' }, 8, 5)).toBeNull();
  });

  it('is unknown while the run stands still', () => {
    expect(remainingMs(report, 0, 5)).toBeNull();
    expect(remainingMs({ ...report, ended: 0, outcomes: {} }, null, 5)).toBeNull();
  });
});

function reportOf(run: number, pass: number, concurrency: number, speedUp: number | null): Report {
  const baseline = concurrency === 1 && speedUp === null;
  const comparison = baseline ? null : { speedUp, range: null };
  return { run, group: 1, pass, concurrency, baseline, medians: null, comparison } as Report;
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
        medians: { passes: 3, concurrency: report.concurrency },
      })),
    );

    const steps = sweepSteps([...onePass, ...passes] as Report[]);

    expect(steps.map(({ concurrency }) => concurrency)).toEqual([2, 10, 50]);
    expect(steps[2]).toMatchObject({ run: 34, speedUp: 20 });
  });

  it('leaves the warm-up out', () => {
    const warmUp = reportOf(1, 0, 50, 30);

    expect(sweepSteps([warmUp, ...onePass]).map(({ run }) => run)).toEqual([2, 3, 4]);
  });

  it('is none with fewer than three, or without speed-ups', () => {
    expect(sweepSteps(onePass.slice(0, 3))).toEqual([]);
    expect(sweepSteps([...onePass.slice(0, 3), reportOf(4, 1, 50, null)])).toEqual([]);
  });
});
