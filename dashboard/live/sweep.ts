/** The runs of one comparison that differ in concurrency: speed-up against concurrency. */

import { combinePasses, median } from '../../shared/report/comparison.js';
import type { Report } from '../../shared/report/report.js';
import type { SweepStep } from '../api/panel-view.js';

/** Two concurrencies are a pair, three are a curve. */
const STEPS_MIN = 3;

/**
 * The steps of a sweep, in order of concurrency; none with fewer than three. `reports` are those of
 * one group. Every pass makes its runs in the same order, so that the n-th of each are one step:
 * the observed concurrency alone would not tell, because it may differ by one or two.
 */
export function sweepSteps(reports: readonly Report[]): SweepStep[] {
  const measured = reports.filter((report) => !report.baseline && speedUpOf(report) !== null);
  const places = [...new Set(measured.map((report) => placeInPass(reports, report)))];
  if (places.length < STEPS_MIN) return [];
  return places
    .map((place) => stepOf(measured.filter((report) => placeInPass(reports, report) === place)))
    .toSorted((a, b) => a.concurrency - b.concurrency);
}

function stepOf(reports: readonly Report[]): SweepStep {
  const passes = combinePasses(reports.map((report) => speedUpOf(report) ?? Number.NaN));
  return {
    run: Math.max(...reports.map(({ run }) => run)),
    concurrency: Math.round(median(reports.map(({ concurrency }) => concurrency))),
    ...passes,
  };
}

function placeInPass(reports: readonly Report[], report: Report): number {
  return reports.filter(
    ({ pass, baseline, run }) => !baseline && pass === report.pass && run < report.run,
  ).length;
}

function speedUpOf({ comparison }: Report): number | null {
  return comparison?.speedUp ?? null;
}
