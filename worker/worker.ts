/** A worker: takes jobs from its queues, keeps runs, and leaves in good order. */

import type { Service } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import { createFetcher, type Fetcher } from '../shared/fetch/fetcher.js';
import { type KindName, kindOf } from '../shared/kinds/kinds.js';
import type { Sites } from '../shared/kinds/site.js';
import { type JobQueue, openQueue, openRunsQueue, prepareQueue } from '../shared/queues/queue.js';
import type { RedisAddress } from '../shared/redis/address.js';
import { openRedisClock, type RedisClock } from '../shared/redis/clock.js';
import { openConnection, type RedisConnection } from '../shared/redis/connection.js';
import { openStore, type StoreOptions } from '../shared/store/open-store.js';
import type { ResultStore } from '../shared/store/result-store.js';
import { AUTO_START, tuneQueue } from './auto-concurrency.js';
import { watchForDrain, type WorkerEnd } from './drain.js';
import { QueueWorker, RateLimitedLog } from './queue-worker.js';
import { loadHandler } from './load-handler.js';
import { Heartbeat } from './heartbeat.js';
import { QueueProcessor } from './process-job.js';
import { CancelledRuns } from './run-jobs.js';
import { RunsWorker } from './run-tracker.js';
import { SiteLimiter } from './site-limiter.js';
import { stopInOrder, type StopTerms } from './stop.js';
import { StoreGuard } from './store-guard.js';

export interface WorkerOptions {
  /** Unique per process, without spaces. */
  readonly id: string;
  readonly version: string;
  readonly address: RedisAddress;
  /** Queues to work, with the jobs each may run at once here; a baseline queue always runs one. */
  readonly queues: ReadonlyMap<JobQueue, number | 'auto'>;
  /** Where `auto` ends. */
  readonly concurrencyMax: number;
  readonly sites: Sites;
  /** Where results go; opened and closed by the caller. */
  readonly store: ResultStore;
  /** Where results go, as people know it. */
  readonly out: string;
  readonly userAgent: string;
  readonly fetchDeadlineMs: number;
  readonly bodyBytesMax: number;
  readonly giveUpAfterMs: number;
  readonly blockPauseMs: number;
  /** A job whose worker has not renewed its lock for this long is given to another. */
  readonly lockMs: number;
  /** How long `stop` waits for jobs under way. */
  readonly graceMs: number;
  /** Leave when the queues are empty. */
  readonly drain: boolean;
  readonly logger: Logger;
}

export interface WorkerService extends Service {
  /** Resolves when the worker leaves by itself (`drain`), with why; never otherwise. */
  readonly left: Promise<WorkerEnd>;
  /** Jobs that failed for good here. */
  failures(): number;
  /** Lets go of everything at once: a second Ctrl-C. */
  force(): void;
}

interface SharedParts {
  readonly options: WorkerOptions;
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly fetcher: Fetcher;
  readonly log: RateLimitedLog;
}

interface WorkerParts extends StopTerms, SharedParts {}

/** Makes a worker; nothing is opened before `start`. */
export function createWorker(options: WorkerOptions): WorkerService {
  let parts: WorkerParts | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  let left: (end: WorkerEnd) => void;
  const leaving = new Promise<WorkerEnd>((resolve) => {
    left = resolve;
  });
  const start = async (): Promise<void> => {
    const opened = await openParts(options);
    parts = opened;
    await opened.heartbeat.start();
    for (const queue of opened.queues) queue.start();
    opened.runs.start();
    startTuning(opened);
    if (options.drain) {
      void watchForDrain({ ...opened, signal: opened.background.signal }).then(
        (end) => left(end),
        () => {},
      );
    }
  };
  return {
    left: leaving,
    failures: () => parts?.queues.reduce((sum, queue) => sum + queue.failures, 0) ?? 0,
    start: () => (starting ??= start()),
    stop: () => {
      stopping ??= starting === undefined ? Promise.resolve() : stop(starting, () => parts);
      return stopping;
    },
    force: () => parts?.connection.disconnect(),
  };
}

async function stop(starting: Promise<void>, parts: () => WorkerParts | undefined): Promise<void> {
  await starting.catch(() => {});
  const opened = parts();
  if (opened !== undefined) await stopInOrder(opened);
}

async function openParts(options: WorkerOptions): Promise<WorkerParts> {
  const log = new RateLimitedLog(options.logger);
  const connection = openConnection(
    options.address,
    { name: `comic-queue:${options.id}`, whenDown: 'wait' },
    (error) => log.warn('Redis connection in trouble', { error: error.message }),
  );
  const clock = await openRedisClock(connection);
  const fetcher = createFetcher({
    userAgent: options.userAgent,
    connectionsMax: [...options.queues].reduce((sum, queue) => sum + slotsMax(queue, options), 0),
    limits: { deadlineMs: options.fetchDeadlineMs, bodyBytesMax: options.bodyBytesMax },
  });
  const background = new AbortController();
  const shared = { options, connection, clock, fetcher, log };
  const guard = new StoreGuard(options.store, log, background.signal);
  const queues = await openLanes(shared, guard);
  guard.guards(queues);
  const runs = new RunsWorker({ ...shared, runsQueue: openRunsQueue(connection) });
  const heartbeat = new Heartbeat({
    ...options,
    connection,
    clock,
    queues,
    guard,
    signal: background.signal,
  });
  return { ...shared, queues, runs, heartbeat, background, graceMs: options.graceMs };
}

/** The most jobs that a queue may run at once here. */
function slotsMax(
  [queue, concurrency]: readonly [JobQueue, number | 'auto'],
  { concurrencyMax }: WorkerOptions,
): number {
  if (queue.baseline) return 1;
  return concurrency === 'auto' ? concurrencyMax : concurrency;
}

function startingSlots([queue, concurrency]: readonly [JobQueue, number | 'auto']): number {
  if (queue.baseline) return 1;
  return concurrency === 'auto' ? AUTO_START : concurrency;
}

function startTuning({ options, queues, background }: WorkerParts): void {
  for (const worker of queues) {
    if (worker.queue.baseline || options.queues.get(worker.queue) !== 'auto') continue;
    const { concurrencyMax } = options;
    void tuneQueue({ worker, concurrencyMax, signal: background.signal });
  }
}

async function openLanes(shared: SharedParts, guard: StoreGuard): Promise<QueueWorker[]> {
  const { options, connection } = shared;
  const cancelled = new CancelledRuns(connection);
  const limiters = new Map<KindName, SiteLimiter>();
  const gateOf = (kind: KindName): SiteLimiter => {
    const limiter = limiters.get(kind) ?? new SiteLimiter(connection, kind);
    limiters.set(kind, limiter);
    return limiter;
  };
  return Promise.all(
    [...options.queues].map(async ([queue, concurrency]) => {
      await prepareQueue(openQueue(queue.name, connection), queue);
      const handler = await loadHandler(queue.kind);
      return new QueueWorker({
        ...options,
        queue,
        concurrency: startingSlots([queue, concurrency]),
        connection,
        log: shared.log,
        processor: new QueueProcessor({
          queue,
          connection,
          blockPauseMs: options.blockPauseMs,
          giveUpAfterMs: options.giveUpAfterMs,
          onStoreTrouble: (trouble) => guard.onTrouble(trouble),
          tools: {
            kind: queue.kind,
            handler,
            site: options.sites[queue.kind],
            store: options.store,
            fetcher: shared.fetcher,
            limiter: gateOf(queue.kind),
            cancelled,
            clock: shared.clock,
            workerId: options.id,
          },
        }),
      });
    }),
  );
}

export interface OpenWorkerOptions extends Omit<WorkerOptions, 'store'> {
  readonly durability: StoreOptions['durability'];
}

/**
 * Opens the store that `out` names and makes a worker that keeps its results there. `stop` closes
 * the store last.
 *
 * @throws CommandError: cannotWrite; badConfig when the directory was filled from other sites.
 */
export async function openWorker({
  durability,
  ...options
}: OpenWorkerOptions): Promise<WorkerService> {
  const store = await openStore(options.out, {
    worker: options.id,
    durability,
    sites: folderSites(options),
  });
  const worker = createWorker({ ...options, store });
  let stopping: Promise<void> | undefined;
  const stopBoth = async (): Promise<void> => {
    await worker.stop();
    await store.close();
  };
  return { ...worker, stop: () => (stopping ??= stopBoth()) };
}

/** URL template of the site that fills each folder of results. */
export function folderSites({
  queues,
  sites,
}: Pick<WorkerOptions, 'queues' | 'sites'>): Readonly<Record<string, string>> {
  const kinds = new Set([...queues.keys()].map(({ kind }) => kind));
  const entries = [...kinds].flatMap((kind) => {
    const site = sites[kind];
    return site === undefined ? [] : [[kindOf(kind).plural, site.url] as const];
  });
  return Object.fromEntries(entries);
}
