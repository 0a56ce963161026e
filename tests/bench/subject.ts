/** This project as people run it: the command line, on a Redis and a directory of its own. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KEYS } from '../../shared/redis/keys.js';
import { storedReport } from '../../shared/report/read-report.js';
import type { Report } from '../../shared/report/report.js';
import { readRun } from '../../shared/runs/run-store.js';
import { inDirectory, type Bench } from './bench.js';
import type { Ended, RunningProcess } from './processes.js';
import { programOf, PROJECT } from './project.js';
import { RedisProcess, type RedisOptions } from './redis-process.js';

const LOOK_EVERY_MS = 100;

export interface SubjectOptions extends RedisOptions {
  /** URL of the origin; none for jobs that ask no site. */
  readonly site?: string;
  /** The command line to run: this project's, unless another is to be measured. */
  readonly program?: string | undefined;
}

export class Subject {
  readonly redis: RedisProcess;
  /** Where results go. */
  readonly out: string;
  readonly #bench: Bench;
  readonly #directory: string;
  readonly #env: Record<string, string>;
  readonly #program: string;

  constructor(bench: Bench, directory: string, redis: RedisProcess, options: SubjectOptions) {
    const { site, program = programOf(PROJECT) } = options;
    this.#bench = bench;
    this.#directory = directory;
    this.redis = redis;
    this.#program = program;
    this.out = join(directory, 'out');
    this.#env = {
      REDIS_URL: redis.url,
      COMIC_QUEUE_OUT: this.out,
      COMIC_QUEUE_LOG: 'warn',
      ...(site === undefined ? {} : { COMIC_QUEUE_COMIC_URL: `${site}/{id}/info.0.json` }),
    };
  }

  /** Starts a command without waiting for its end. */
  start(...args: string[]): RunningProcess {
    return this.#bench.processes.start({
      program: process.execPath,
      args: [this.#program, ...args],
      cwd: this.#directory,
      env: this.#env,
    });
  }

  async run(...args: string[]): Promise<Ended> {
    return this.start(...args).success();
  }

  /** Makes a run; resolves with its number. */
  async enqueue(...words: string[]): Promise<number> {
    const { stdout } = await this.run('enqueue', ...words);
    return Number(/run-(\d+)/.exec(stdout)?.[1]);
  }

  /** The report of a run that ended with every job in one of the outcomes. */
  async report(run: number, worker: RunningProcess): Promise<Report> {
    let left = false;
    void worker.ended.then(() => (left = true));
    while (true) {
      const gone = left;
      const report = await this.#reportNow(run);
      if (report !== undefined) return complete(report);
      if (gone) throw new Error(`The worker left run-${run} without a report`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Jobs of the newest run that have ended so far, as its tracker has counted them. */
  async ended(): Promise<number> {
    const newest = Number((await this.redis.connection.get(KEYS.runCounter)) ?? 0);
    return Number((await this.redis.connection.hget(KEYS.tally(newest), 'ended')) ?? 0);
  }

  async #reportNow(run: number): Promise<Report | undefined> {
    const record = await readRun(this.redis.connection, run);
    return record === undefined ? undefined : storedReport(record);
  }
}

/** Works with a fresh Redis and a fresh directory. */
export async function withSubject<T>(
  bench: Bench,
  options: SubjectOptions,
  use: (subject: Subject) => Promise<T>,
): Promise<T> {
  return inDirectory(bench, async (directory) => {
    const redis = await RedisProcess.start(bench, directory, options);
    try {
      const subject = new Subject(bench, directory, redis, options);
      await mkdir(subject.out);
      return await use(subject);
    } finally {
      await redis.stop();
    }
  });
}

export interface OneRun {
  /** What follows `enqueue`. */
  readonly jobs: readonly string[];
  /** What follows `work`. */
  readonly worker: readonly string[];
}

/** Queues a run, then starts a worker on it that leaves when all is done. */
export async function workOneRun(
  bench: Bench,
  options: SubjectOptions,
  { jobs, worker }: OneRun,
): Promise<Report> {
  return withSubject(bench, options, async (subject) => {
    const run = await subject.enqueue(...jobs);
    const working = subject.start('work', '--drain', ...worker);
    const report = await subject.report(run, working);
    const { wallMs } = await working.success();
    // A cross-check from outside: no run can have taken longer than the process that worked it.
    if ((report.wallMs ?? 0) > wallMs) throw new Error(`run-${run} reports a time that cannot be`);
    return report;
  });
}

/** Jobs a second of a report, which must have one. */
export function speedOf(report: Report): number {
  if (report.throughputPerSecond === null) throw new Error(`run-${report.run} has no throughput`);
  return report.throughputPerSecond;
}

/** Efficiency of a report, which must have one. */
export function efficiencyOf(report: Report): number {
  if (report.efficiency === null) throw new Error(`run-${report.run} has no efficiency`);
  return report.efficiency;
}

function complete(report: Report): Report {
  const { stored = 0, slept = 0 } = report.outcomes;
  if (stored + slept === report.queued && report.ended === report.queued) return report;
  throw new Error(`run-${report.run} is not complete: ${JSON.stringify(report.outcomes)}`);
}
