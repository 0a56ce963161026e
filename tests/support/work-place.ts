/** A place to work: a Redis, a stand-in for the sites, a directory for results, and workers. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOf } from '../../cli/commands/origin.js';
import { readConfiguration } from '../../cli/configuration.js';
import { workerOptions } from '../../cli/work-plan.js';
import type { OriginInput } from '../../origin/options.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { createLogger } from '../../shared/base/logger.js';
import type { AnyInput, KindName } from '../../shared/kinds/kinds.js';
import { readSites, siteIdentity, type Sites } from '../../shared/kinds/site.js';
import { queuedJob } from '../../shared/queues/job.js';
import {
  queueOf,
  QUEUES,
  openQueue,
  openRunsQueue,
  prepareQueue,
} from '../../shared/queues/queue.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { storedReport } from '../../shared/report/read-report.js';
import type { Report } from '../../shared/report/report.js';
import { acknowledge, createRun, moveRun, readRun } from '../../shared/runs/run-store.js';
import { Worker, type WorkerOptions } from '../../worker/worker.js';
import { until } from './condition.js';
import { startTestRedis, type TestRedis } from './redis-server.js';

/** What tests of a worker are configured to, so that none waits for long. */
const SHORT_TIMES = {
  COMIC_QUEUE_DURABILITY: 'rename',
  COMIC_QUEUE_FETCH_DEADLINE_MS: '2000',
  COMIC_QUEUE_BLOCK_PAUSE_MS: '300',
  COMIC_QUEUE_LOCK_MS: '2000',
  COMIC_QUEUE_SHUTDOWN_GRACE_MS: '3000',
};

export interface NewTestRun {
  readonly kind: KindName;
  readonly inputs: readonly AnyInput[];
  readonly baseline?: boolean;
  readonly refetch?: boolean;
  readonly attempts?: number;
  readonly selection?: string;
  /** URL template of the site that its producer was configured for; that of the place by default. */
  readonly site?: string;
  /** Number and pass of the comparison it belongs to. */
  readonly group?: number;
  readonly pass?: number;
}

export class WorkPlace {
  readonly redis: TestRedis;
  readonly origin: Origin;
  readonly out: string;
  readonly connection: RedisConnection;
  private readonly started: Worker[] = [];

  private constructor(redis: TestRedis, origin: Origin, out: string) {
    this.redis = redis;
    this.origin = origin;
    this.out = out;
    this.connection = redis.connect();
  }

  /** @param given to be stopped with the place; one of its own by default */
  static async open(origin: OriginInput = {}, given?: TestRedis): Promise<WorkPlace> {
    const site = createOrigin(origin);
    const [redis, out] = await Promise.all([
      given ?? startTestRedis(),
      mkdtemp(join(tmpdir(), 'cq-out-')),
      site.start(),
    ]);
    return new WorkPlace(redis, site, out);
  }

  get sites(): Sites {
    return readSites(settingsOf(this.origin.url), []);
  }

  /** Starts a worker on every queue, with short times. */
  async startWorker(changes: Partial<WorkerOptions> = {}, opening?: AbortSignal): Promise<Worker> {
    const { configuration } = readConfiguration({ flags: {}, environment: SHORT_TIMES, file: {} });
    const options = workerOptions(configuration, {
      id: `w${this.started.length + 1}`,
      address: this.redis.address,
      queues: new Map(QUEUES.map((queue) => [queue, 10])),
      sites: this.sites,
      out: this.out,
      logger: createLogger('silent'),
    });
    const worker = await Worker.open({ ...options, ...changes }, opening);
    this.started.push(worker);
    await worker.start();
    return worker;
  }

  /** Adds a run of these inputs, sealed. */
  async enqueue(run: NewTestRun): Promise<number> {
    const { kind, inputs, baseline = false, refetch = false, attempts = 3 } = run;
    const { selection = '', group = 0, pass = 0, site = this.sites[kind]?.url ?? '' } = run;
    const queue = queueOf(kind, baseline);
    const bullQueue = openQueue(queue.name, this.connection);
    await prepareQueue(bullQueue, queue);
    const number = await createRun(this.connection, openRunsQueue(this.connection), {
      kind,
      baseline,
      selection,
      digest: JSON.stringify(inputs),
      site: siteIdentity(site),
      refetch,
      times: 1,
      attempts,
      asked: inputs.length,
      duplicates: 0,
      total: inputs.length,
      group,
      pass,
    });
    await bullQueue.addBulk(
      inputs.map((input, index) =>
        queuedJob(kind, { run: number, position: index + 1 }, { input, refetch }, { attempts }),
      ),
    );
    await acknowledge(this.connection, number, { acknowledged: inputs.length });
    await moveRun(this.connection, number, { to: 'sealed', from: ['open'] });
    return number;
  }

  /** The report of a run, once there is one. */
  async report(run: number, limitMs?: number): Promise<Report> {
    const read = async (): Promise<Report | undefined> => {
      const record = await readRun(this.connection, run);
      return record === undefined ? undefined : storedReport(record);
    };
    return until(`the report of run-${run}`, read, limitMs);
  }

  async close(): Promise<void> {
    for (const worker of this.started) await worker.stop();
    await this.origin.stop();
    await this.redis.stop();
    await rm(this.out, { recursive: true, force: true });
  }
}

/** Comics of consecutive numbers. */
export function comics(first: number, last: number): AnyInput[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ id: first + index }));
}
