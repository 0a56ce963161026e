/** The status as a person reads it. */

import { safeText } from '../../shared/base/safe-text.js';
import type { WorkerPresence } from '../../shared/queues/worker-presence.js';
import { formatCount } from '../../shared/report/format.js';
import { formatInterval } from '../arguments/rate.js';
import { roughDuration } from '../rough-duration.js';
import { runTableLines } from '../run-table.js';
import { type Column, tableLines } from '../table.js';
import type { LaneStatus } from './lane-status.js';
import type { SystemStatus } from './system-status.js';

/** A clock that is further off is worth a word: files and journals carry its time. */
const SKEW_SHOWN_MS = 1000;

/** Lanes, workers, runs: a table each, with what needs attention below it. */
export function statusLines(status: SystemStatus, width: number): string[] {
  return [
    ...tableLines(LANE_COLUMNS, shownLanes(status.lanes), width),
    ...status.lanes.flatMap(troubleLines),
    '',
    ...workerLines(status.workers, width),
    '',
    ...runLines(status, width),
  ];
}

/** The status as a JSON document. */
export function statusDocument(status: SystemStatus): object {
  return {
    lanes: status.lanes,
    workers: status.workers,
    runs: status.runs.map(({ report, ageMs }) => ({ ...report, ageMs })),
  };
}

const countOrDot = (value: number): string => (value === 0 ? '·' : formatCount(value));

const LANE_COLUMNS: readonly Column<LaneStatus>[] = [
  { title: 'LANE', text: ({ lane }) => lane },
  { title: 'WAITING', align: 'right', text: ({ waiting }) => countOrDot(waiting) },
  { title: 'ACTIVE', align: 'right', text: ({ active }) => countOrDot(active) },
  { title: 'DELAYED', align: 'right', text: ({ delayed }) => countOrDot(delayed) },
  { title: 'DONE', align: 'right', text: ({ completed }) => countOrDot(completed) },
  { title: 'FAILED', align: 'right', text: ({ failed }) => countOrDot(failed) },
  { title: 'RATE', align: 'right', text: ({ intervalMs }) => rateText(intervalMs) },
];

/** A baseline lane that holds nothing is no news. */
function shownLanes(lanes: readonly LaneStatus[]): LaneStatus[] {
  return lanes.filter(
    ({ lane, waiting, active, delayed, pause }) =>
      !lane.endsWith('-baseline') || waiting + active + delayed > 0 || pause !== null,
  );
}

function rateText(intervalMs: number | null): string {
  return intervalMs === null ? '–' : formatInterval(intervalMs);
}

/** What keeps a lane from being worked, and what to do about it. */
function troubleLines({ lane, pause, starvedForMs, waiting }: LaneStatus): string[] {
  if (pause !== null) {
    const left = pause.leftMs === null ? '' : ` for another ${roughDuration(pause.leftMs)}`;
    return [
      `! ${lane} is paused${left}: ${safeText(pause.reason, 80)}; comic-queue resume ${lane}`,
    ];
  }
  if (starvedForMs === 0) return [];
  const count = formatCount(waiting);
  const time = roughDuration(starvedForMs);
  return [`! ${lane} starves: ${count} waiting, none started for ${time}; comic-queue work`];
}

function workerLines(workers: readonly WorkerPresence[], width: number): string[] {
  if (workers.length === 0) return ['No worker is connected. Start one: comic-queue work'];
  return [...tableLines(WORKER_COLUMNS, workers, width), ...workers.flatMap(workerTroubleLines)];
}

const WORKER_COLUMNS: readonly Column<WorkerPresence>[] = [
  { title: 'WORKER', text: ({ id }) => safeText(id, 32) },
  { title: 'ACTIVE', align: 'right', text: ({ active }) => countOrDot(sum(active)) },
  { title: 'AT ONCE', text: ({ lanes }) => lanesText(lanes) },
];

function lanesText(lanes: Readonly<Record<string, number>>): string {
  return Object.entries(lanes)
    .filter(([lane]) => !lane.endsWith('-baseline'))
    .map(([lane, concurrency]) => `${safeText(lane, 20)}=${concurrency}`)
    .join(' ');
}

/** What keeps a worker from taking jobs, and a clock that is wrong. */
function workerTroubleLines({ id, trouble, skewMs }: WorkerPresence): string[] {
  const name = safeText(id, 32);
  const lines = trouble === null ? [] : [`! ${name} takes no jobs: ${safeText(trouble, 120)}`];
  if (Math.abs(skewMs) < SKEW_SHOWN_MS) return lines;
  const far = `${roughDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
  return [...lines, `! the clock of ${name} is ${far}`];
}

function runLines({ runs }: SystemStatus, width: number): string[] {
  return runs.length === 0
    ? ['There are no runs yet. Make one: comic-queue enqueue comics 1-200']
    : runTableLines(runs, width);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0);
}
