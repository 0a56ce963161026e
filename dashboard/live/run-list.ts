/**
 * The list of runs, filtered and sorted by their records and reports, and how runs of it belong together:
 * retries and what they mended, and the passes of one comparison.
 */

import { countFailed } from '../../shared/base/outcome.js';
import { runName } from '../../shared/queues/job.js';
import { shownFigures } from '../../shared/report/passes.js';
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

/** Runs of one page of the list. */
export const RUNS_A_PAGE = 50;

export const RUN_FILTERS = ['live', 'ended', 'failures', 'cancelled', 'abandoned'] as const;
export type RunFilter = (typeof RUN_FILTERS)[number];

/** What the list can be sorted by, with how two runs compare. */
const SORTS = {
  run: (one) => one.run.number,
  selection: (one) => `${one.run.kind} ${one.run.selection}`,
  queue: (one) => one.run.queue.name,
  site: (one) => one.run.site,
  jobs: (one) => one.run.total,
  failed: ({ report }) => (report === undefined ? null : countFailed(report.outcomes)),
  rate: ({ report }) => (report === undefined ? null : shownFigures(report).throughputPerSecond),
  speedup: ({ report }) => report?.comparison?.speedUp ?? null,
} as const satisfies Record<string, (listed: ListedRun) => number | string | null>;

export type RunSort = keyof typeof SORTS;

/** The names of all sorts. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the keys' type
export const RUN_SORTS = Object.keys(SORTS) as readonly RunSort[];

export interface RunQuery {
  /** All of them must occur in a run's number, name, kind, selection, queue, site or state. */
  readonly words: string;
  readonly queue: string | undefined;
  readonly filter: RunFilter | undefined;
  readonly sort: RunSort;
  readonly descending: boolean;
  /** From 1. */
  readonly page: number;
}

export interface RunPage {
  /** From 1: the one that was asked for, or the last there is. */
  readonly page: number;
  readonly runs: readonly ShownRun[];
  /** Runs that fit, on all pages. */
  readonly found: number;
  /** Runs there are. */
  readonly all: number;
}

/** The runs that fit, sorted; where two are equal or have no figure, the newer is first. */
export function selectRuns(listed: readonly ListedRun[], query: RunQuery): ListedRun[] {
  const words = query.words.toLowerCase().split(/\s+/).filter(Boolean);
  const valueOf: (one: ListedRun) => number | string | null = SORTS[query.sort];
  return listed
    .filter(
      (one) =>
        (query.queue === undefined || one.run.queue.name === query.queue) &&
        (query.filter === undefined || fits(one, query.filter)) &&
        holds(one.run, words),
    )
    .toSorted(
      (a, b) => compare(valueOf(a), valueOf(b), query.descending) || b.run.number - a.run.number,
    );
}

function fits({ run, report }: ListedRun, filter: RunFilter): boolean {
  if (filter === 'live') return report === undefined;
  if (filter === 'failures') return report !== undefined && countFailed(report.outcomes) > 0;
  return run.state === filter;
}

function holds(run: Run, words: readonly string[]): boolean {
  const { kind, title, selection, queue, site, state } = run;
  const text = [runName(run.number), title, kind, selection, queue.name, site, state]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What has no figure goes last, whichever way the list is sorted. */
function compare(
  a: number | string | null,
  b: number | string | null,
  descending: boolean,
): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order =
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), 'en', { numeric: true });
  return descending ? -order : order;
}

export interface Relations {
  /** Runs that try again what failed in this one, oldest first. */
  readonly retries: readonly ListedRun[];
  /** The other runs of the same comparison, oldest first. */
  readonly group: readonly ListedRun[];
  readonly mended: Mended | undefined;
}

/** What the retries of a run have come to. */
export interface Mended {
  /** Jobs of the run that failed, and have failed in every retry since. */
  readonly left: number;
  /** The retry that left the fewest. */
  readonly by: number;
}

/** What is known of a run from the others. */
export function relationsOf(number: number, listed: readonly ListedRun[]): Relations {
  const own = listed.find(({ run }) => run.number === number);
  const group = own?.run.group ?? 0;
  return {
    retries: retriesOf(number, listed),
    group:
      group === 0
        ? []
        : inOrder(listed.filter(({ run }) => run.group === group && run.number !== number)),
    mended: mendedOf(number, listed),
  };
}

function retriesOf(number: number, listed: readonly ListedRun[]): ListedRun[] {
  return inOrder(listed.filter(({ run }) => run.retryOf === number));
}

/** A retry has a job for each input that failed: what failed in it, and in its own retries, is left. */
function mendedOf(number: number, listed: readonly ListedRun[]): Mended | undefined {
  let best: Mended | undefined;
  for (const { run, report } of retriesOf(number, listed)) {
    if (report?.state !== 'ended') continue;
    const left = mendedOf(run.number, listed)?.left ?? countFailed(report.outcomes);
    if (best === undefined || left < best.left) best = { left, by: run.number };
  }
  return best;
}

function inOrder(runs: readonly ListedRun[]): ListedRun[] {
  return runs.toSorted((a, b) => a.run.number - b.run.number);
}
