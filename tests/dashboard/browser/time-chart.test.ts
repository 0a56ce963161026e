import { describe, expect, it } from 'vitest';
import { activeAt, doneAt, timeChartOf } from '../../../dashboard/browser/time-chart.js';
import { RUN, VIEW } from './view.js';

const PAPER = { width: 640, height: 320 };

describe('timeChartOf()', () => {
  it('shows the baseline to its end, or the run at its own scale', () => {
    const whole = timeChartOf(VIEW, 'whole', PAPER);
    const zoomed = timeChartOf(VIEW, 'run', PAPER);

    expect(whole.lastSeconds).toBeCloseTo(10.7 * 1.04);
    expect(zoomed.lastSeconds).toBeCloseTo(0.305 * 1.04);
    expect(whole.lines.map(({ name }) => name)).toEqual(['ideal', 'baseline', 'run']);
    expect(whole.y.ticks.map(({ label }) => label)).toEqual(['0', '50', '100', '150', '200']);
    expect(whole.x.title).toBe('elapsed seconds');
  });

  it('leaves room for what a live run has still to do', () => {
    const live = { ...RUN, live: true, elapsedSeconds: 2, remainingMs: 6000 };
    const chart = timeChartOf({ ...VIEW, run: live }, 'run', PAPER);

    expect(chart.lastSeconds).toBeCloseTo(8 * 1.04);
    expect(chart.lines.at(-1)?.points.at(-1)).toEqual([2, 200, 0]);
  });

  it('changes to minutes and hours with the length', () => {
    const titleOf = (seconds: number): string =>
      timeChartOf({ ...VIEW, run: { ...RUN, points: [[seconds, 5, 0]] } }, 'run', PAPER).x.title;

    expect([200, 300, 20_000].map(titleOf)).toEqual([
      'elapsed seconds',
      'elapsed minutes',
      'elapsed hours',
    ]);
  });

  it('draws an empty paper of a run that has not begun', () => {
    const chart = timeChartOf(
      { ...VIEW, run: { ...RUN, points: [] }, baseline: null },
      'whole',
      PAPER,
    );

    expect(chart.x.ticks.length).toBeGreaterThan(1);
  });
});

describe('doneAt()', () => {
  const line = {
    name: 'run',
    label: 'run-7',
    points: [
      [0, 0],
      [2, 10],
    ],
  } as const;

  it('is on the line between two points, and nothing beyond the last', () => {
    expect([0, 1, 2, 3].map((seconds) => doneAt(line, seconds))).toEqual([0, 5, 10, undefined]);
  });
});

describe('activeAt()', () => {
  const line = {
    name: 'run',
    label: 'run-7',
    points: [
      [0, 0, 4],
      [2, 10, 50],
    ],
  } as const;

  it('is that of the next point, and nothing beyond the last', () => {
    expect([0, 1, 2, 3].map((seconds) => activeAt(line, seconds))).toEqual([4, 50, 50, undefined]);
  });

  it('is nothing for an ideal, which has no jobs', () => {
    expect(activeAt({ name: 'ideal', label: 'ideal', points: [[1, 5]] }, 1)).toBeUndefined();
  });
});
