/** A run as lists and pages show it. */

import type { Report } from '../../shared/report/report.js';
import type { Run } from '../../shared/runs/run.js';
import type { Series } from '../../shared/runs/series.js';

/** A run as a list shows it: live ones without a report, which would have to be counted up. */
export interface ListedRun {
  readonly run: Run;
  readonly report: Report | undefined;
}

/** A run with its report and its course, as of now. */
export interface RunDetails {
  readonly run: Run;
  readonly live: boolean;
  readonly report: Report;
  readonly series: Series;
}

/** A run as a page shows it. */
export interface ShownRun extends RunDetails {
  /** Whether jobs of it ended within the last seconds. */
  readonly moves: boolean;
  /** What keeps it from getting on, in a few words; undefined when nothing does. */
  readonly held: string | undefined;
  /** Jobs that failed, and that a retry has answered. */
  readonly recovered: number;
}
