/** `status`: shows queues, workers and the newest runs, or one run; with `--watch` each second. */

import { EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { safeText } from '../../shared/base/safe-text.js';
import { pauseFor } from '../../shared/base/wait.js';
import { runName } from '../../shared/queues/job.js';
import { QUEUES } from '../../shared/queues/queue.js';
import {
  type Heartbeat,
  listWorkers,
  ofAllQueues,
  storeSplitWarnings,
} from '../../shared/queues/heartbeat.js';
import {
  areTrackersPaused,
  emptyQueueState,
  type QueueState,
  readQueueState,
} from '../../shared/queues/queue-state.js';
import { listWatches, type ScheduledWatch } from '../../shared/queues/watches.js';
import { formatCount, formatInterval, formatRoughDuration } from '../../shared/report/format.js';
import { watchText } from '../../shared/report/watch-text.js';
import { readNewestReports, readReport } from '../../shared/report/read-report.js';
import {
  allStandstills,
  isIdleBaseline,
  readStandstills,
  type RunStandstill,
  standstillLine,
} from '../../shared/report/standstill.js';
import { isLive } from '../../shared/runs/run.js';
import { liveRuns, requireRun } from '../../shared/runs/run-store.js';
import { readTally } from '../../shared/runs/tally.js';
import { RUN_TEXT } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import { type RunRow, NO_FIGURE, reportLines, runDocument, runTableLines } from '../run-text.js';
import { type RedisAccess, rideOver, type Session } from '../session.js';
import { type Column, tableLines, type Terminal } from '../terminal.js';

const REFRESH_MS = 1000;

const RUNS_SHOWN = 5;

/** Live runs that are asked what keeps them, the oldest first. */
const STANDING_MAX = 20;

/** A clock further off than this is mentioned: files and journals carry its time. */
const SKEW_SHOWN_MS = 1000;

/** Gives `status` its options and action. */
export function defineStatus(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['status', 'queues, workers, runs, and how far the newest run is'],
    ['status run-7', 'one run, and what has been counted of it so far'],
    ['status --watch', 'each second, until Ctrl-C'],
    ['status run-7 --watch', 'until the run is over'],
    ['status --watch --json', 'a JSON document a line'],
  ])
    .argument('[run]', RUN_TEXT)
    .option('--watch', 'show it again each second, until Ctrl-C or the end of the run')
    .action(async (name, { data, json, watch }) => {
      await execute({ dataDir: data }, async (session) => {
        const options = { json: json === true, watch: watch === true };
        if (name === undefined) await showStatus(session, options);
        else await showRun(session, (await session.run(name)).number, options);
        return EXIT.ok;
      });
    });
}

interface ShowOptions {
  readonly json: boolean;
  /** Again each second, until the session's signal or until nothing will change any more. */
  readonly watch: boolean;
}

async function showStatus(session: Session, options: ShowOptions): Promise<void> {
  let redis = await session.redisToLookAt();
  await show(session, options, async () => {
    redis ??= await session.redisToLookAt();
    const status = redis === undefined ? emptyStatus() : await readSystemStatus(redis);
    return {
      document: statusDocument(status),
      lines: statusLines(status, session.terminal),
      final: false,
    };
  });
}

async function showRun(session: Session, number: number, options: ShowOptions): Promise<void> {
  const { connection } = await session.redis();
  await show(session, options, async () => {
    const run = await requireRun(connection, number);
    const report = await readReport(connection, run);
    const left = report.queued - report.ended;
    const standstills = isLive(run) ? await readStandstills(connection, run, left) : [];
    return {
      document: { ...runDocument(report), standstills },
      lines: [
        ...reportLines(report, { plain: session.terminal.isPlain }),
        ...standstills.map((one) => `  ! ${standstillLine(one)}`),
      ],
      final: !isLive(run),
    };
  });
}

interface View {
  readonly document: object;
  readonly lines: readonly string[];
  /** Nothing of it will change any more. */
  readonly final: boolean;
}

/** Prints a view, in place where a terminal allows it. */
async function show(
  session: Session,
  { json, watch }: ShowOptions,
  read: () => Promise<View>,
): Promise<void> {
  const { terminal, signal } = session;
  const attempt = rideOver(session);
  const inPlace = watch && !json && terminal.canRedrawData;
  let drawn = 0;
  while (true) {
    const { document, lines, final } = await (watch ? attempt(read) : read());
    if (json) terminal.printJson(document);
    else if (inPlace) drawn = terminal.drawData(lines, drawn);
    else for (const line of lines) terminal.print(line);
    if (!watch || final || !(await pauseFor(REFRESH_MS, signal))) break;
  }
  // The terminal has echoed Ctrl-C on the line of the prompt.
  if (inPlace && signal.aborted) terminal.note('');
}

interface SystemStatus {
  readonly queues: readonly QueueState[];
  readonly workers: readonly Heartbeat[];
  readonly runs: readonly RunRow[];
  /** Whether the queue of runs is paused: no run ends then. */
  readonly trackersPaused: boolean;
  /** What keeps live runs from getting on. */
  readonly standstills: readonly RunStandstill[];
  readonly watches: readonly ScheduledWatch[];
  /** When this was read, in Redis time. */
  readonly atMs: number;
}

/** Reads everything in a few round trips, whatever the number of jobs. */
async function readSystemStatus({ connection, clock }: RedisAccess): Promise<SystemStatus> {
  const nowMs = clock.now();
  const [queues, workers, runs, trackersPaused, live, watches] = await Promise.all([
    Promise.all(QUEUES.map((queue) => readQueueState(connection, queue, nowMs))),
    listWorkers(connection),
    readNewestReports(connection, RUNS_SHOWN, nowMs),
    areTrackersPaused(connection),
    liveRuns(connection),
    listWatches(connection),
  ]);
  const found = live.slice(0, STANDING_MAX).map(async (run): Promise<RunStandstill[]> => {
    const { ended } = await readTally(connection, run.number);
    const standstills = await readStandstills(connection, run, run.total - ended);
    const place = { run: runName(run.number), queue: run.queue.name };
    return standstills.map((one) => ({ ...place, ...one }));
  });
  const standstills = (await Promise.all(found)).flat();
  return { queues, workers, runs, trackersPaused, standstills, watches, atMs: nowMs };
}

/** Where nothing was ever queued. */
function emptyStatus(): SystemStatus {
  return {
    queues: QUEUES.map(({ name }) => emptyQueueState(name)),
    workers: [],
    runs: [],
    trackersPaused: false,
    standstills: [],
    watches: [],
    atMs: Date.now(),
  };
}

function statusDocument(status: SystemStatus): object {
  return {
    queues: status.queues.map(queueDocument),
    workers: status.workers,
    runs: status.runs.map(({ report, ageMs }) => ({ ...runDocument(report), ageMs })),
    trackersPaused: status.trackersPaused,
    standstills: status.standstills,
    watches: status.watches,
  };
}

/**
 * A queue as it stands in JSON. `pause` is null when nothing keeps it from being worked, and its `leftMs`
 * where a person must end it; `intervalMs` is null without a rate.
 */
function queueDocument({ name, pause, intervalMs, ...counts }: QueueState): object {
  return {
    queue: name,
    ...counts,
    pause: pause === undefined ? null : { ...pause, leftMs: pause.leftMs ?? null },
    intervalMs: intervalMs ?? null,
  };
}

/** A table each of queues, workers and runs, with what needs attention below it; then the newest run. */
function statusLines(
  status: SystemStatus,
  { tableWidth: width, isPlain: plain }: Pick<Terminal, 'tableWidth' | 'isPlain'>,
): string[] {
  const { queues, workers, runs, standstills } = status;
  const [newest] = runs;
  return [
    ...tableLines(QUEUE_COLUMNS, shownQueues(queues), width),
    ...attentionLines(status),
    ...status.watches.map((watch) => watchText(watch, status.atMs)),
    '',
    ...workerLines(workers, width, standstills),
    '',
    ...runTableLines(runs, { width, plain }),
    ...(newest === undefined ? [] : ['', ...reportLines(newest.report, { plain })]),
  ];
}

/** What keeps queues, workers and runs from getting on, and what to do about it. */
function attentionLines({ standstills, ...facts }: SystemStatus): string[] {
  const found = allStandstills({ ...facts, ofRuns: standstills });
  return found.map((one) => `! ${standstillLine(one)}`);
}

const countOrDot = (value: number): string => (value === 0 ? '·' : formatCount(value));

const QUEUE_COLUMNS: readonly Column<QueueState>[] = [
  { title: 'QUEUE', text: ({ name }) => name },
  { title: 'WAITING', align: 'right', text: ({ waiting }) => countOrDot(waiting) },
  { title: 'ACTIVE', align: 'right', text: ({ active }) => countOrDot(active) },
  { title: 'DELAYED', align: 'right', text: ({ delayed }) => countOrDot(delayed) },
  { title: 'DONE', align: 'right', text: ({ done }) => countOrDot(done) },
  { title: 'FAILED', align: 'right', text: ({ failed }) => countOrDot(failed) },
  { title: 'RATE', align: 'right', text: ({ intervalMs }) => rateText(intervalMs) },
];

/** Leaves out baseline queues that hold nothing, but for one that a person has paused. */
function shownQueues(queues: readonly QueueState[]): QueueState[] {
  return queues.filter((queue) => !isIdleBaseline(queue) || queue.pause?.by === 'person');
}

function rateText(intervalMs: number | undefined): string {
  return intervalMs === undefined ? NO_FIGURE : formatInterval(intervalMs);
}

function workerLines(
  workers: readonly Heartbeat[],
  width: number,
  standstills: readonly RunStandstill[],
): string[] {
  if (workers.length === 0) {
    const isSaid = standstills.some(({ why }) => why === 'no-worker');
    return [
      isSaid ? 'No worker is connected.' : `No worker is connected. Start one: ${proposed('work')}`,
    ];
  }
  return [
    ...tableLines(WORKER_COLUMNS, workers, width),
    ...workers.flatMap(clockLines),
    ...storeSplitWarnings(workers).map((warning) => `! ${warning}`),
  ];
}

const WORKER_COLUMNS: readonly Column<Heartbeat>[] = [
  { title: 'WORKER', text: ({ id }) => safeText(id, 32) },
  { title: 'ACTIVE', align: 'right', text: ({ active }) => countOrDot(ofAllQueues(active)) },
  { title: 'AT ONCE', text: ({ queues }) => queuesText(queues) },
];

function queuesText(queues: Readonly<Record<string, number>>): string {
  return Object.entries(queues)
    .filter(([queue]) => !queue.endsWith('-baseline'))
    .map(([queue, concurrency]) => `${safeText(queue, 20)}=${concurrency}`)
    .join(' ');
}

/** A clock that is wrong. */
function clockLines({ id, skewMs }: Heartbeat): string[] {
  if (Math.abs(skewMs) < SKEW_SHOWN_MS) return [];
  const far = `${formatRoughDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
  return [`! the clock of ${safeText(id, 32)} is ${far}`];
}
