/** What of a view the chart of the panel draws. */

import type { Courses } from '../../shared/report/chart.js';
import type { PanelView, RunView } from '../api/panel-view.js';

/** A run with its baseline, its ideal and the run laid over it. */
export function coursesOf(run: RunView, { baseline, ray, overlay }: PanelView): Courses {
  const { report, elapsedSeconds, remainingMs } = run;
  return {
    jobs: report.queued,
    run: lineOf(run, ''),
    // Beside a ray the course of other jobs would only confuse.
    baseline: baseline === null || ray !== null ? undefined : lineOf(baseline, 'baseline '),
    ray:
      ray === null
        ? undefined
        : { label: `one at a time as in run-${ray.run}`, perSecond: ray.perSecond },
    overlay: overlay === null ? undefined : lineOf(overlay, ''),
    idealSeconds: report.idealMs === null ? undefined : report.idealMs / 1000,
    expectedSeconds: (elapsedSeconds ?? 0) + (remainingMs ?? 0) / 1000,
  };
}

function lineOf(run: RunView, role: string): Courses['run'] {
  const { points, report } = run;
  const label = `${role}run-${report.run}`;
  const last = points.at(-1);
  // A live run that stands still goes on in time: its line grows to the right.
  const now = run.elapsedSeconds ?? 0;
  const silent = last !== undefined && now > last[0];
  return { label, points: silent ? [...points, [now, last[1], last[2]]] : points };
}
