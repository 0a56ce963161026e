/** `status`: queues, workers and the newest runs; with `--watch` again and again. */

import { requireRun } from '../../producer/wait.js';
import { EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { pauseFor } from '../../shared/base/wait.js';
import { readQueueState } from '../../shared/queues/queue-state.js';
import { type JobQueue, QUEUES } from '../../shared/queues/queue.js';
import { listWorkers, type Heartbeat } from '../../shared/queues/heartbeat.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { formatCount } from '../../shared/report/format.js';
import { readReport } from '../../shared/report/read-report.js';
import { isLive } from '../../shared/runs/run.js';
import { formatInterval, requireRunNumber } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';
import {
  type ListedRun,
  readListedRuns,
  reportLines,
  roughDuration,
  runDocument,
  runTableLines,
} from '../run-text.js';
import type { RedisAccess, Session } from '../session.js';
import { type Column, Screen, tableLines } from '../terminal.js';

/** Gives `status` its options and action. */
export function defineStatus(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['status', 'once'],
        ['status run-7', 'one run, and what has been counted of it so far'],
        ['status --watch', 'each second, until Ctrl-C'],
        ['status run-7 --watch', 'until the run is over'],
        ['status --watch --json', 'a JSON document a line'],
      ]),
    )
    .argument('[run]', 'a run, such as run-7')
    .option('--watch', 'show it again each second, until Ctrl-C or the end of the run')
    .action(async (name, { data, json, watch }) => {
      await execute({ dataDir: data }, async (session) => {
        const showing = { json: json === true, watch: watch === true };
        if (name === undefined) await showStatus(session, showing);
        else await showRun(session, name, showing);
        return EXIT.ok;
      });
    });
}

const REFRESH_MS = 1000;

export interface Showing {
  readonly json: boolean;
  /** Again each second, until the session's signal or until nothing will change any more. */
  readonly watch: boolean;
}

/** Shows queues, workers and the newest runs. */
export async function showStatus(session: Session, showing: Showing): Promise<void> {
  const redis = await session.redis();
  await show(session, showing, async () => {
    const status = await readSystemStatus(redis);
    return {
      document: statusDocument(status),
      lines: statusLines(status, session.terminal.dataWidth),
      final: false,
    };
  });
}

/** Shows the report of a run, live or ended. */
export async function showRun(session: Session, name: string, showing: Showing): Promise<void> {
  const number = requireRunNumber(name);
  const { connection } = await session.redis();
  await show(session, showing, async () => {
    const run = await requireRun(connection, number);
    const report = await readReport(connection, run);
    return { document: runDocument(report), lines: reportLines(report), final: !isLive(run) };
  });
}

interface Sight {
  readonly document: object;
  readonly lines: readonly string[];
  /** Nothing of it will change any more. */
  readonly final: boolean;
}

/** Prints what is seen, in place where a terminal allows it. */
async function show(
  { terminal, signal }: Session,
  { json, watch }: Showing,
  look: () => Promise<Sight>,
): Promise<void> {
  const screen = watch && !json && terminal.canRedrawData ? new Screen(terminal) : undefined;
  while (true) {
    const { document, lines, final } = await look();
    if (json) terminal.printJson(document);
    else if (screen === undefined) for (const line of lines) terminal.print(line);
    else screen.draw(lines);
    if (!watch || final || !(await pauseFor(REFRESH_MS, signal))) break;
  }
  // Ctrl-C has left its mark on the line of the prompt.
  if (screen !== undefined && signal.aborted) terminal.note('');
}

const RUNS_SHOWN = 5;

export interface SystemStatus {
  readonly queues: readonly QueueStatus[];
  readonly workers: readonly Heartbeat[];
  readonly runs: readonly ListedRun[];
}

/** Reads everything at once: a few round trips, whatever the number of jobs. */
export async function readSystemStatus({ connection, clock }: RedisAccess): Promise<SystemStatus> {
  const nowMs = clock.now();
  const [queues, workers, runs] = await Promise.all([
    Promise.all(QUEUES.map((queue) => readQueueStatus(connection, queue, nowMs))),
    listWorkers(connection),
    readListedRuns(connection, RUNS_SHOWN, nowMs),
  ]);
  return { queues, workers, runs };
}

/** A clock that is further off is worth a word: files and journals carry its time. */
const SKEW_SHOWN_MS = 1000;

/** Queues, workers, runs: a table each, with what needs attention below it. */
export function statusLines(status: SystemStatus, width: number): string[] {
  return [
    ...tableLines(QUEUE_COLUMNS, shownLanes(status.queues), width),
    ...status.queues.flatMap(troubleLines),
    '',
    ...workerLines(status.workers, width),
    '',
    ...runLines(status, width),
  ];
}

/** The status as a JSON document. */
export function statusDocument(status: SystemStatus): object {
  return {
    queues: status.queues,
    workers: status.workers,
    runs: status.runs.map(({ report, ageMs }) => ({ ...report, ageMs })),
  };
}

const countOrDot = (value: number): string => (value === 0 ? '·' : formatCount(value));

const QUEUE_COLUMNS: readonly Column<QueueStatus>[] = [
  { title: 'QUEUE', text: ({ queue }) => queue },
  { title: 'WAITING', align: 'right', text: ({ waiting }) => countOrDot(waiting) },
  { title: 'ACTIVE', align: 'right', text: ({ active }) => countOrDot(active) },
  { title: 'DELAYED', align: 'right', text: ({ delayed }) => countOrDot(delayed) },
  { title: 'DONE', align: 'right', text: ({ completed }) => countOrDot(completed) },
  { title: 'FAILED', align: 'right', text: ({ failed }) => countOrDot(failed) },
  { title: 'RATE', align: 'right', text: ({ intervalMs }) => rateText(intervalMs) },
];

/** A baseline queue that holds nothing is no news. */
function shownLanes(queues: readonly QueueStatus[]): QueueStatus[] {
  return queues.filter(
    ({ queue, waiting, active, delayed, pause }) =>
      !queue.endsWith('-baseline') || waiting + active + delayed > 0 || pause !== null,
  );
}

function rateText(intervalMs: number | null): string {
  return intervalMs === null ? '–' : formatInterval(intervalMs);
}

/** What keeps a queue from being worked, and what to do about it. */
function troubleLines({ queue, pause, starvedForMs, waiting }: QueueStatus): string[] {
  if (pause !== null) {
    const left = pause.leftMs === null ? '' : ` for another ${roughDuration(pause.leftMs)}`;
    return [
      `! ${queue} is paused${left}: ${safeText(pause.reason, 80)}; comic-queue resume ${queue}`,
    ];
  }
  if (starvedForMs === 0) return [];
  const count = formatCount(waiting);
  const time = roughDuration(starvedForMs);
  return [`! ${queue} starves: ${count} waiting, none started for ${time}; comic-queue work`];
}

function workerLines(workers: readonly Heartbeat[], width: number): string[] {
  if (workers.length === 0) return ['No worker is connected. Start one: comic-queue work'];
  return [...tableLines(WORKER_COLUMNS, workers, width), ...workers.flatMap(workerTroubleLines)];
}

const WORKER_COLUMNS: readonly Column<Heartbeat>[] = [
  { title: 'WORKER', text: ({ id }) => safeText(id, 32) },
  { title: 'ACTIVE', align: 'right', text: ({ active }) => countOrDot(sum(active)) },
  { title: 'AT ONCE', text: ({ queues }) => queuesText(queues) },
];

function queuesText(queues: Readonly<Record<string, number>>): string {
  return Object.entries(queues)
    .filter(([queue]) => !queue.endsWith('-baseline'))
    .map(([queue, concurrency]) => `${safeText(queue, 20)}=${concurrency}`)
    .join(' ');
}

/** What keeps a worker from taking jobs, and a clock that is wrong. */
function workerTroubleLines({ id, trouble, skewMs }: Heartbeat): string[] {
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

export interface QueueStatus {
  readonly queue: string;
  readonly waiting: number;
  readonly active: number;
  /** Waiting for their next attempt. */
  readonly delayed: number;
  /** Of the jobs that have ended, the newest are kept in the queue; runs count all of theirs. */
  readonly completed: number;
  readonly failed: number;
  /** Null when nothing keeps the queue from being worked. */
  readonly pause: QueuePause | null;
  /** Requests to its site are this far apart, over all workers; null without a rate. */
  readonly intervalMs: number | null;
  /** How long jobs have waited with none started; 0 unless that is a minute or more. */
  readonly starvedForMs: number;
}

export interface QueuePause {
  readonly reason: string;
  /** Null where a person paused it: it lasts until somebody resumes it. */
  readonly leftMs: number | null;
}

/** Reads how a queue is. `nowMs` is Redis time. */
export async function readQueueStatus(
  connection: RedisConnection,
  queue: JobQueue,
  nowMs: number,
): Promise<QueueStatus> {
  const { name, intervalMs, pause, ...counts } = await readQueueState(connection, queue, nowMs);
  return {
    queue: name,
    ...counts,
    pause: pause === undefined ? null : { reason: pause.reason, leftMs: pause.leftMs ?? null },
    intervalMs: intervalMs ?? null,
  };
}
