import { describe, expect, it } from 'vitest';
import type { PanelView, RunView } from '../../../dashboard/api/panel-view.js';
import { coursesOf } from '../../../dashboard/browser/courses.js';
import { type Extent, plotOn, type Plot } from '../../../shared/report/chart.js';
import { RUN, VIEW } from './view.js';

const PAPER = { left: 0, right: 640, top: 0, bottom: 320 };

function plotOf(run: RunView, view: PanelView, extent: Extent): Plot {
  return plotOn(PAPER, coursesOf(run, view), extent);
}

describe('the chart of the panel', () => {
  it('shows the baseline to its end, or the run at its own scale', () => {
    const whole = plotOf(RUN, VIEW, 'whole');
    const zoomed = plotOf(RUN, VIEW, 'run');

    expect(whole.lastSeconds).toBeCloseTo(10.7 * 1.04);
    expect(zoomed.lastSeconds).toBeCloseTo(0.305 * 1.04);
    expect(whole.lines.map(({ name }) => name)).toEqual(['ideal', 'baseline', 'run']);
    expect(whole.y.ticks.map(({ label }) => label)).toEqual(['0', '50', '100', '150', '200']);
    expect(whole.x.title).toBe('elapsed seconds');
  });

  it('leaves room for what a live run has still to do', () => {
    const live = { ...RUN, live: true, elapsedSeconds: 2, remainingMs: 6000 };
    const chart = plotOf(live, VIEW, 'run');

    expect(chart.lastSeconds).toBeCloseTo(8 * 1.04);
    expect(chart.lines.at(-1)?.points.at(-1)).toEqual([2, 200, 0]);
  });

  it('changes to minutes and hours with the length', () => {
    const titleOf = (seconds: number): string =>
      plotOf({ ...RUN, points: [[seconds, 5, 0]] }, VIEW, 'run').x.title;

    expect([200, 300, 20_000].map(titleOf)).toEqual([
      'elapsed seconds',
      'elapsed minutes',
      'elapsed hours',
    ]);
  });

  it('extrapolates one at a time where the baseline is of other jobs, and says so', () => {
    const chart = plotOf(RUN, { ...VIEW, ray: { run: 6, perSecond: 20 } }, 'whole');

    expect(chart.lines.map(({ name }) => name)).toEqual(['ideal', 'ray', 'run']);
    expect(chart.lines[1]).toEqual({
      name: 'ray',
      label: 'one at a time as in run-6, extrapolated',
      points: [
        [0, 0],
        [10, 200],
      ],
    });
    expect(
      plotOf(RUN, { ...VIEW, ray: { run: 6, perSecond: 20 } }, 'run').lastSeconds,
    ).toBeLessThan(1);
  });

  it('draws an empty paper of a run that has not begun', () => {
    const chart = plotOf({ ...RUN, points: [] }, { ...VIEW, baseline: null }, 'whole');

    expect(chart.x.ticks.length).toBeGreaterThan(1);
  });
});
