/** Queues that people would use instead: how each is started, and when it is done. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import type { Command, RunningProcess } from '../processes.js';
import type { TimedContestant } from '../processor-time.js';
import { PROJECT } from '../project.js';
import { RedisProcess } from '../redis-process.js';
import type { Site } from '../site.js';
import type { NpmPeer, Tool } from '../tools.js';
import { type Comics, measureTask, type PeerTask, withTask } from './peer.js';

const PYTHON_PROGRAMS = join(PROJECT, 'tests/bench/peers');

/** How often a worker that stays is looked after, and for how long at most. */
const LOOK_EVERY_MS = 100;
const WORK_LIMIT_MS = 600_000;

type Start = Omit<Command, 'cwd'>;

/** What a peer's processes are told. */
interface Terms {
  readonly task: PeerTask;
  /** `unix://` and the path of the socket. */
  readonly redis: string;
}

export interface QueuePeer {
  readonly name: string;
  /** Puts the comics into Redis; absent where the queue is in the memory of who works. */
  readonly enqueue?: (terms: Terms) => Start;
  readonly work: (terms: Terms) => Start;
  /** What Redis holds of work that is not done, of a worker that does not leave when all is. */
  readonly left?: (redis: RedisProcess) => Promise<number>;
}

/** A peer as a contestant: its queue is filled before it starts, where it lets itself be filled. */
export function queueContestant(
  bench: Bench,
  peer: QueuePeer,
  site: Site,
  comics: Comics,
): TimedContestant {
  const measure: TimedContestant['measure'] = async () =>
    withTask(bench, site, comics, async (task, directory) => {
      const redis = await RedisProcess.start(bench, directory);
      try {
        const terms = { task, redis: redis.url };
        if (peer.enqueue !== undefined) {
          await bench.processes.run({ ...peer.enqueue(terms), cwd: directory });
        }
        return await measureTask(task, async () => {
          const worker = bench.processes.start({ ...peer.work(terms), cwd: directory });
          await untilDone(peer, worker, redis);
        });
      } finally {
        await redis.stop();
      }
    });
  return { name: peer.name, measure };
}

async function untilDone(
  { name, left }: QueuePeer,
  worker: RunningProcess,
  redis: RedisProcess,
): Promise<void> {
  if (left === undefined) {
    await worker.success();
    return;
  }
  const gone = worker.success().then(() => true);
  // Heard in the loop; how it leaves when it is told to is its own affair.
  gone.catch(() => {});
  const deadline = Date.now() + WORK_LIMIT_MS;
  // Twice in a row: a message is in neither place while a worker takes it from one to the other.
  for (let empty = 0; empty < 2; empty = (await left(redis)) === 0 ? empty + 1 : 0) {
    if (Date.now() > deadline) throw new Error(`${name} was not done in time`);
    if ((await Promise.race([gone, delay(LOOK_EVERY_MS)])) === true) return;
  }
  await worker.end();
}

/** The forty lines that everybody would write. */
export const bullmqGot: QueuePeer = {
  name: 'BullMQ + got worker',
  enqueue: (terms) => nodeProgram('bullmq-got-process.js', 'enqueue', terms.redis, terms.task),
  work: (terms) => nodeProgram('bullmq-got-process.js', 'work', terms.redis, terms.task),
};

export function beeQueueGot({ folder }: NpmPeer): QueuePeer {
  const program = 'bee-queue-process.js';
  return {
    name: 'Bee-Queue + got worker',
    enqueue: ({ redis, task }) => nodeProgram(program, 'enqueue', redis, task, folder),
    work: ({ redis, task }) => nodeProgram(program, 'work', redis, task, folder),
  };
}

export function crawlee({ folder }: NpmPeer): QueuePeer {
  return {
    name: 'Crawlee, HttpCrawler',
    work: ({ task }) => nodeProgram('crawlee-process.js', task, folder),
  };
}

/**
 * Celery with processes, its default, or with threads, the fastest of its pools here: with gevent and
 * eventlet a comic takes more than twice the processor time (3.5 and 3.8 ms against 1.6).
 */
export function celery(python: Tool, pool: 'prefork' | 'threads'): QueuePeer {
  const quiet = ['--loglevel=warning', '--without-gossip', '--without-mingle'];
  return {
    name: `Celery, ${pool}`,
    enqueue: (terms) => pythonProgram(python, terms, 'celery_comics.py'),
    work: (terms) => {
      const { concurrency } = terms.task;
      const flags = [`--pool=${pool}`, `--concurrency=${concurrency}`, ...quiet];
      return runPython(python, terms, ['-m', 'celery', '-A', 'celery_comics', 'worker', ...flags]);
    },
    left: async ({ connection }) =>
      (await connection.llen('celery')) + (await connection.hlen('unacked')),
  };
}

export function rq(python: Tool): QueuePeer {
  return {
    name: 'RQ, SimpleWorker',
    enqueue: (terms) => pythonProgram(python, terms, 'rq_comics.py', 'enqueue'),
    work: (terms) => pythonProgram(python, terms, 'rq_comics.py', 'work'),
  };
}

export function scrapy(python: Tool): QueuePeer {
  const program = join(PYTHON_PROGRAMS, 'scrapy_comics.py');
  return {
    name: 'Scrapy',
    work: (terms) => runPython(python, terms, ['-m', 'scrapy', 'runspider', program]),
  };
}

function nodeProgram(name: string, ...args: readonly (string | PeerTask)[]): Start {
  const words = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
  return { program: process.execPath, args: [join(import.meta.dirname, name), ...words] };
}

function pythonProgram(python: Tool, terms: Terms, name: string, ...args: string[]): Start {
  return runPython(python, terms, [join(PYTHON_PROGRAMS, name), ...args]);
}

/** The task comes in the environment, where every process of a worker finds it. */
function runPython({ path }: Tool, { task, redis }: Terms, args: readonly string[]): Start {
  const socket = new URL(redis).pathname;
  return {
    program: path,
    args,
    env: {
      TASK: JSON.stringify(task),
      REDIS_URL: `unix://${socket}`,
      BROKER_URL: `redis+socket://${socket}`,
      PYTHONPATH: PYTHON_PROGRAMS,
      // Nothing may be left between the sources.
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}
