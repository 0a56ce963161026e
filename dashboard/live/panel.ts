/** Composes what the throughput panel shows. */

import { countFailed } from '../../shared/base/outcome.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { kindOf, nounOf } from '../../shared/kinds/kinds.js';
import { runName } from '../../shared/queues/job.js';
import { type JobQueue, QUEUES } from '../../shared/queues/queue.js';
import {
  type Heartbeat,
  type ListedWorker,
  listWorkers,
  storeSplitWarnings,
  ofAllQueues,
} from '../../shared/queues/heartbeat.js';
import {
  areTrackersPaused,
  type QueueState,
  readQueueState,
} from '../../shared/queues/queue-state.js';
import { listWatches, type ScheduledWatch } from '../../shared/queues/watches.js';
import { redisTime } from '../../shared/redis/clock.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { kneeOf } from '../../shared/report/chart-sweep.js';
import { doneAt } from '../../shared/report/chart.js';
import { workDone } from '../../shared/report/comparison.js';
import { formatCount } from '../../shared/report/format.js';
import { isWarmUp, shownFigures } from '../../shared/report/passes.js';
import { type Report, reportTitle } from '../../shared/report/report.js';
import { type Standstill, standstillsOf } from '../../shared/report/standstill.js';
import { watchText } from '../../shared/report/watch-text.js';
import { wordsOfSelection } from '../../shared/runs/run.js';
import type { Point } from '../../shared/runs/series.js';
import type {
  FirstStep,
  PanelView,
  QueueActivity,
  RunChoice,
  RunView,
  SweepStep,
  WorkerView,
} from '../api/panel-view.js';
import { FreshCache, RunCache } from './cache.js';
import type { ListedRun, RunDetails } from './run-list.js';
import { noticesOf, watchNotices } from './notices.js';

/** Live runs read to find one whose jobs have begun to end. */
const LIVE_LOOKED_AT = 8;

/** Runs to pick from. */
const CHOICES = 50;

/** Queues and workers change slower than figures do. */
const SURROUNDINGS_FRESH_MS = 1000;

/** The recent rate is over this long: steady, and still quick to show a change. */
const WINDOW_SECONDS = 10;

/** Without an ended job for this long, the silence counts: a run that stands still shows so. */
const SILENCE_SECONDS = 3;

/** Two concurrencies are a pair, three are a curve. */
const STEPS_MIN = 3;

export interface PanelQuestion {
  /** The queue whose newest run is wanted; undefined for any. */
  readonly queue: JobQueue | undefined;
  /** The run that was picked; undefined for the newest. */
  readonly run: number | undefined;
  /** The run to be laid over it. */
  readonly overlay: number | undefined;
}

/** Queues, workers and watches as they were a moment ago. */
export interface Surroundings {
  readonly queues: readonly QueueState[];
  readonly workers: readonly ListedWorker[];
  readonly trackersPaused: boolean;
  readonly watches: readonly ScheduledWatch[];
  /** Redis time. */
  readonly nowMs: number;
  readonly readAtMs: number;
}

export class Panel {
  readonly runs: RunCache;
  readonly #connection: RedisConnection;
  readonly #surroundings = new FreshCache<Surroundings>(SURROUNDINGS_FRESH_MS);

  readonly #activity = new FreshCache<readonly QueueActivity[]>(SURROUNDINGS_FRESH_MS);

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.runs = new RunCache(connection);
  }

  async view(question: PanelQuestion): Promise<Omit<PanelView, 'redisDownForMs'>> {
    const around = await this.surroundings();
    const listed = await this.runs.list(await this.runs.newest());
    const entry = await this.#pick(listed, question);
    const baseline = await this.#entry(entry?.report.comparison?.baselineRun);
    const overlay = await this.#entry(question.overlay);
    const nowMs = await this.nowMs();
    const steps = sweepSteps(await this.#groupOf(entry));
    const standstills = entry === undefined ? [] : standstillsAround(entry, around);
    const queueName = entry?.run.queue.name;
    return {
      run: entry === undefined ? null : stillView(runView(entry, nowMs), standstills),
      baseline: baseline === undefined ? null : runView(baseline, nowMs),
      ray: await this.#rayOf(entry, listed),
      overlay: overlay === undefined ? null : runView(overlay, nowMs),
      sweep: steps,
      knee: kneeOf(steps) ?? null,
      choices: listed.slice(0, CHOICES).map(choiceOf),
      queue: around.queues.find(({ name }) => name === queueName) ?? null,
      workers: workersOf(around.workers, queueName ?? question.queue?.name),
      watches: around.watches.map((watch) => watchText(watch, around.nowMs)),
      standstills,
      notices: [
        ...noticesOf({
          asked: question.run,
          run: entry,
          // For the seconds that one takes a line above the figures would only move them.
          standstills: standstills.filter(({ why }) => why !== 'retrying'),
          queues: around.queues.filter((one) => one.name === queueName || one.starvedForMs > 0),
          trackersPaused: around.trackersPaused,
          workers: around.workers.filter(({ queues }) => (queueName ?? '') in queues),
          storeSplits: storeSplitWarnings(around.workers),
        }),
        ...watchNotices(around),
      ],
      firstSteps: entry === undefined ? firstSteps(question.queue) : [],
    };
  }

  /** Every queue with its run, its rate and its workers, at most a second old. */
  activity(): Promise<readonly QueueActivity[]> {
    return this.#activity.get('', async () => {
      const around = await this.surroundings();
      const nowMs = await this.nowMs();
      const listed = await this.runs.list(await this.runs.newest());
      return Promise.all(
        QUEUES.map(async (queue, index): Promise<QueueActivity | undefined> => {
          const view = around.queues[index];
          if (view === undefined) return undefined;
          const entry = await this.#pick(listed, { queue, run: undefined, overlay: undefined });
          const run = entry === undefined ? undefined : runView(entry, nowMs);
          const own = workersOf(around.workers, queue.name);
          return {
            queue: view,
            run,
            perSecond: run?.recentPerSecond ?? undefined,
            workers: own.length,
            atATime: own.reduce((all, { concurrency }) => all + concurrency, 0),
          };
        }),
      ).then((all) => all.filter((one) => one !== undefined));
    });
  }

  /** Redis time. */
  async nowMs(): Promise<number> {
    const { nowMs, readAtMs } = await this.surroundings();
    return nowMs + performance.now() - readAtMs;
  }

  /** Queues, workers, watches and Redis time, at most a second old. */
  surroundings(): Promise<Surroundings> {
    return this.#surroundings.get('', async () => {
      const [nowMs, workers, trackersPaused, watches] = await Promise.all([
        redisTime(this.#connection),
        listWorkers(this.#connection),
        areTrackersPaused(this.#connection),
        listWatches(this.#connection),
      ]);
      const queues = await Promise.all(
        QUEUES.map((queue) => readQueueState(this.#connection, queue, nowMs)),
      );
      return { queues, workers, trackersPaused, watches, nowMs, readAtMs: performance.now() };
    });
  }

  /** The run asked for, if there is one; else the newest live one, else the newest that is no baseline. */
  async #pick(
    listed: readonly ListedRun[],
    { run, queue }: PanelQuestion,
  ): Promise<RunDetails | undefined> {
    const picked = await this.#entry(run);
    if (picked !== undefined) return picked;
    const fitting = listed.filter(
      (one) => queue === undefined || one.run.queue.name === queue.name,
    );
    const live = fitting.filter(({ report }) => report === undefined).slice(0, LIVE_LOOKED_AT);
    const entries = await Promise.all(live.map((one) => this.#entry(one.run.number)));
    const begun = entries.find((entry) => (entry?.report.ended ?? 0) > 0) ?? entries[0];
    if (begun !== undefined) return begun;
    const newest = fitting.find((one) => !one.run.baseline) ?? fitting[0];
    return this.#entry(newest?.run.number);
  }

  /** The pace of one at a time where the run has no baseline of its own: rather one that goes on. */
  async #rayOf(
    entry: RunDetails | undefined,
    listed: readonly ListedRun[],
  ): Promise<PanelView['ray']> {
    if (entry === undefined || entry.run.baseline) return null;
    const { comparison } = entry.report;
    if (comparison?.label === 'same selection') return null;
    const { digest, site } = entry.run;
    const unfinished = listed.find(
      ({ run, report }) =>
        report === undefined && run.baseline && run.digest === digest && run.site === site,
    );
    const live = (await this.#entry(unfinished?.run.number))?.report;
    if (typeof live?.throughputPerSecond === 'number') {
      return { run: live.run, perSecond: live.throughputPerSecond };
    }
    const perSecond = comparison?.baselineThroughputPerSecond ?? null;
    return comparison === null || perSecond === null
      ? null
      : { run: comparison.baselineRun, perSecond };
  }

  /** Reports of the comparison that a run belongs to. */
  async #groupOf(entry: RunDetails | undefined): Promise<Report[]> {
    const group = entry?.run.group ?? 0;
    if (group === 0) return [];
    const members = await this.runs.group(group);
    return members.flatMap(({ report }) => report ?? []);
  }

  async #entry(number: number | undefined): Promise<RunDetails | undefined> {
    return number === undefined ? undefined : this.runs.details(number);
  }
}

function firstSteps(queue: JobQueue | undefined): FirstStep[] {
  if (queue !== undefined) {
    const { plural, examples } = kindOf(queue.kind);
    const words = [plural, ...wordsOfSelection(examples[0] ?? '')];
    const enqueue = proposed('enqueue', ...words, ...(queue.baseline ? ['--baseline'] : []));
    const text = `There is no run in ${queue.name} yet. To add jobs, and to work them in another terminal:`;
    return [{ text, commands: [enqueue, proposed('work')] }];
  }
  return [
    {
      text: 'There is no run yet. To see one job at a time against fifty:',
      commands: [proposed('compare', 'comics', '1-200', '-c', '50')],
    },
    {
      text: 'Or add jobs, and start a worker in another terminal:',
      commands: [proposed('enqueue', 'comics', '1-200'), proposed('work')],
    },
  ];
}

/** A run as the panel shows it. `nowMs` is Redis time. */
export function runView({ report, live, series }: RunDetails, nowMs: number): RunView {
  const started = report.startedAtMs;
  const elapsedSeconds = live && started !== null ? Math.max(0, nowMs - started) / 1000 : null;
  const recent = elapsedSeconds === null ? null : recentPerSecond(series.points, elapsedSeconds);
  return {
    title: reportTitle(report),
    noun: nounOf(report.kind, report.queued),
    live,
    failed: Math.max(0, countFailed(report.outcomes) - report.recovered),
    report,
    points: whereDoneChanges(series.points),
    elapsedSeconds,
    recentPerSecond: recent,
    remainingMs: elapsedSeconds === null ? null : remainingMs(report, recent, elapsedSeconds),
  };
}

/** The points that draw the line: the others lie on it. */
function whereDoneChanges(points: readonly Point[]): Point[] {
  return points.filter(
    ([, done], index) =>
      index === 0 || done !== points[index - 1]?.[1] || done !== points[index + 1]?.[1],
  );
}

/** A run in a list. */
export function choiceOf({ run, report }: ListedRun): RunChoice {
  const going = `${runName(run.number)} · ${formatCount(run.total)} ${nounOf(run.kind, run.total)} · live`;
  return {
    run: run.number,
    title: report === undefined ? going : reportTitle(report),
    live: report === undefined,
  };
}

/** A run of which nothing moves has no time at which it will end, unless a rate says one. */
function stillView(view: RunView, standstills: readonly Standstill[]): RunView {
  const [first] = standstills;
  if (first === undefined) return view;
  return { ...view, remainingMs: first.why === 'slow-rate' ? first.endsInMs : null };
}

/** What keeps a live run from getting on, the most lasting first; empty when nothing does. */
export function standstillsAround(
  { run, report, live }: RunDetails,
  { queues, workers, trackersPaused }: Pick<Surroundings, 'queues' | 'workers' | 'trackersPaused'>,
): Standstill[] {
  if (!live) return [];
  const state = queues.find(({ name }) => name === run.queue.name);
  return standstillsOf({
    queue: run.queue,
    site: run.state === 'cancelled' ? '' : run.site,
    jobsLeft: report.queued - report.ended,
    pause: state?.pause,
    intervalMs: state?.intervalMs,
    trackersPaused,
    workers,
    counts: state,
  });
}

function workersOf(workers: readonly Heartbeat[], queue: string | undefined): WorkerView[] {
  return workers.flatMap(({ id, host, queues, active, trouble }) => {
    const concurrency = queue === undefined ? ofAllQueues(queues) : queues[queue];
    if (concurrency === undefined) return [];
    const busy = queue === undefined ? ofAllQueues(active) : (active[queue] ?? 0);
    return [{ name: id, host, concurrency, active: busy, trouble }];
  });
}

/**
 * Jobs that did their work a second, over the last ten seconds of a live run; null before there is
 * any time to speak of.
 */
export function recentPerSecond(points: readonly Point[], elapsedSeconds: number): number | null {
  const [lastSeconds, lastDone] = points.at(-1) ?? [0, 0];
  const silent = elapsedSeconds - lastSeconds > SILENCE_SECONDS;
  const end = silent ? elapsedSeconds : lastSeconds;
  const start = Math.max(0, end - WINDOW_SECONDS);
  return end > start ? (lastDone - (doneAt(points, start) ?? lastDone)) / (end - start) : null;
}

/** Milliseconds until the last job will have ended at the present pace; null where none is known. */
export function remainingMs(
  report: Report,
  recent: number | null,
  elapsedSeconds: number,
): number | null {
  // What is given up ends at no pace of the jobs, and what its producer has not added nobody works.
  if (report.state === 'cancelled') return null;
  const left = (report.state === 'abandoned' ? report.added : report.queued) - report.ended;
  const done = workDone(report.outcomes);
  const endsPerSecond =
    done > 0 && recent !== null ? (recent * report.ended) / done : report.ended / elapsedSeconds;
  return endsPerSecond > 0 && Number.isFinite(endsPerSecond) ? (left / endsPerSecond) * 1000 : null;
}

/**
 * The steps of a sweep, in order of concurrency; none with fewer than three. `reports` are those of
 * one group. Every pass makes its runs in the same order, so that the n-th of each are one step, whose
 * figures each of them has: the observed concurrency alone would not tell, because two may share it.
 */
export function sweepSteps(reports: readonly Report[]): SweepStep[] {
  const newest = new Map<number, Report>();
  for (const report of reports.toSorted((a, b) => a.run - b.run)) {
    if (!report.baseline && !isWarmUp(report)) newest.set(placeInPass(reports, report), report);
  }
  const steps = [...newest.values()].flatMap(stepOf);
  return steps.length < STEPS_MIN ? [] : steps.toSorted((a, b) => a.concurrency - b.concurrency);
}

function stepOf(report: Report): SweepStep[] {
  const { speedUp = null, range = null } = report.comparison ?? {};
  const { concurrency } = shownFigures(report);
  return speedUp === null ? [] : [{ run: report.run, concurrency, speedUp, range }];
}

function placeInPass(reports: readonly Report[], report: Report): number {
  return reports.filter(
    ({ pass, baseline, run }) => !baseline && pass === report.pass && run < report.run,
  ).length;
}
