/** The list of runs: filtered and sorted by their records and reports. */

import { countFailed } from '../../shared/base/outcome.js';
import { runName } from '../../shared/queues/job.js';
import { shownFigures } from '../../shared/report/passes.js';
import type { Run } from '../../shared/runs/run.js';
import type { ListedRun, ShownRun } from './listed-run.js';

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
