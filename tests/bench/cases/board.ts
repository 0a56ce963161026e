/** How fast the board's pages have their data beside a large queue, and what an open tab costs. */

import { join } from 'node:path';
import { toRecord } from '../../../shared/queues/job.js';
import { queueOf } from '../../../shared/queues/queue.js';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import { type Bench, type BenchCase, sized } from '../bench.js';
import { answerMs, keepTabOpen, startBoard } from '../board-process.js';
import { interleave } from '../interleaving.js';
import { speedOfQueue } from '../queue-speed.js';
import { pairedRatios } from '../statistics.js';
import { type Subject, withSubject } from '../subject.js';

const QUEUE = queueOf('sleep', false);

const PAGES = [
  '/',
  '/api/queues',
  '/api/queues?activeQueue=sleeps&page=1&jobsPerPage=10',
  '/api/queues?activeQueue=sleeps&status=completed&page=5000&jobsPerPage=20',
  '/api/queues?activeQueue=sleeps&status=waiting&page=5000&jobsPerPage=20',
  '/api/throughput',
  '/api/runs',
  '/runs',
  '/results',
  '/metrics',
] as const;

export const boardPages: BenchCase = {
  name: 'board-pages',
  title: 'Pages of the board beside 100,000 finished and 100,000 waiting jobs',
  method:
    'The queue holds finished jobs that nobody has trimmed and as many waiting ones; each page is asked for again and again, one after the other, and the value is the time that 95 % of its answers did not exceed. The slowest page decides.',
  measure: async (bench) => {
    const jobs = sized(bench, 100_000, 500);
    const slowest: number[] = [];
    const byPage = new Map<string, number[]>(PAGES.map((page) => [page, []]));
    for (let pass = 0; pass < bench.repeat; pass += 1) {
      const times = await pageTimes(bench, jobs);
      for (const [page, ms] of times) byPage.get(page)?.push(ms);
      slowest.push(Math.max(...times.values()));
    }
    return {
      series: [...byPage].map(([contestant, values]) => ({ contestant, unit: 'ms', values })),
      goals: [
        {
          what: 'slowest page of the board, p95, with 100,000 finished and 100,000 waiting jobs',
          unit: ' ms',
          atMost: 200,
          values: slowest,
        },
      ],
    };
  },
};

export const openBoard: BenchCase = {
  name: 'open-board',
  title: 'What an open tab of the board costs a busy worker',
  method:
    'A feeder keeps sleeps of no time waiting while a worker takes them, 50 at a time; the speed is the number of completions in some seconds. With an open tab, a board runs beside it and is asked for what the panel and the cards ask for.',
  measure: async (bench) => {
    const values = await interleave(bench, bench.repeat, [
      { name: 'with an open tab', measure: () => speedWithTab(bench, true) },
      { name: 'without', measure: () => speedWithTab(bench, false) },
    ]);
    const [watched = [], alone = []] = values.values();
    return {
      contest: true,
      series: [...values].map(([contestant, its]) => ({ contestant, unit: 'jobs/s', values: its })),
      goals: [
        {
          what: 'worker with an open tab of the board against without',
          unit: '×',
          atLeast: 0.97,
          values: pairedRatios(watched, alone),
        },
      ],
    };
  },
};

async function pageTimes(bench: Bench, jobs: number): Promise<ReadonlyMap<string, number>> {
  return withSubject(bench, {}, async (subject) => {
    await addFinished(subject, jobs);
    await subject.enqueue('sleeps', '0', '--times', String(jobs));
    const board = await startBoard(subject);
    const times = new Map<string, number>();
    for (const page of PAGES) times.set(page, await p95Ms(`${board.url}${page}`, bench));
    await board.process.end();
    return times;
  });
}

async function p95Ms(url: string, bench: Bench): Promise<number> {
  const times: number[] = [];
  for (let ask = 0; ask < sized(bench, 60, 5); ask += 1) times.push(await answerMs(url));
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
}

/** Finished jobs as BullMQ keeps them, marked as counted: nobody trims them. */
async function addFinished({ redis }: Subject, jobs: number): Promise<void> {
  const keys = queueKeys(QUEUE.name);
  const nowMs = Date.now();
  const chunk = 1000;
  for (let first = 0; first < jobs; first += chunk) {
    const pipeline = redis.connection.pipeline();
    for (let index = first; index < Math.min(first + chunk, jobs); index += 1) {
      const id = `r0.${index + 1}`;
      const ending = toRecord({
        reason: 'slept',
        startedAtMs: nowMs,
        elapsedMs: 1,
        fetchMs: 1,
        bytes: 0,
        attempt: 1,
        status: 0,
      });
      pipeline.hset(keys.job(id), {
        name: 'sleep',
        data: '{"seconds":0}',
        opts: JSON.stringify({ jobId: id, attempts: 5, backoff: { type: 'c' } }),
        timestamp: nowMs,
        processedOn: nowMs,
        finishedOn: nowMs,
        atm: 1,
        ats: 1,
        returnvalue: JSON.stringify(ending),
      });
      // A negative score says that a job has been counted.
      pipeline.zadd(keys.completed, index - jobs, id);
    }
    await pipeline.exec();
  }
}

async function speedWithTab(bench: Bench, open: boolean): Promise<number> {
  return withSubject(bench, {}, async (subject) => {
    const waiting = sized(bench, 20_000, 500);
    const feeder = bench.processes.start({
      program: process.execPath,
      args: [join(import.meta.dirname, '../feeder-process.js'), subject.redis.url, String(waiting)],
      cwd: bench.scratch,
    });
    await feeder.firstLine();
    const board = open ? await startBoard(subject) : undefined;
    const closing = new AbortController();
    const tab = board === undefined ? undefined : keepTabOpen(board, closing.signal);
    const worker = subject.start('work', '--kinds', QUEUE.name, '-c', '50');
    const speed = await speedOfQueue(subject, {
      afterMs: sized(bench, 3000, 200),
      forMs: sized(bench, 10_000, 500),
    });
    closing.abort();
    await tab;
    await board?.process.end();
    await feeder.end();
    await worker.end();
    return speed;
  });
}
