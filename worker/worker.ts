/** A worker: takes jobs from its queues, tracks runs, and stops in good order. */

import { resolve } from 'node:path';
import type { Service } from '../shared/base/errors.js';
import { type Logger, RateLimitedLog } from '../shared/base/logger.js';
import { deferred, withDeadline } from '../shared/base/wait.js';
import { createFetcher, type Fetcher } from '../shared/fetch/fetcher.js';
import { type KindName, kindOf, kindsAskedBy } from '../shared/kinds/kinds.js';
import { siteIdentity, type Sites } from '../shared/kinds/site.js';
import { type JobQueue, openQueue, openRunsQueue, prepareQueue } from '../shared/queues/queue.js';
import type { RedisAddress } from '../shared/redis/address.js';
import { openRedisClock, type RedisClock } from '../shared/redis/clock.js';
import { openConnection, type RedisConnection } from '../shared/redis/connection.js';
import { formatRate } from '../shared/report/format.js';
import { openStore } from '../shared/store/open-store.js';
import type { ResultStore } from '../shared/store/result-store.js';
import type { Durability } from '../shared/store/whole-file.js';
import { AUTO_START, tuneQueue } from './auto-concurrency.js';
import { watchForDrain, type WorkerEnd } from './drain.js';
import { HeartbeatSender } from './heartbeat.js';
import { loadHandler } from './handlers/handler.js';
import { JobProcessor } from './process-job.js';
import { requireOpenFiles } from './open-files.js';
import { RedisWatch, watchQueues, WorkLog } from './work-log.js';
import { QueueWorker } from './queue-worker.js';
import { siteText } from '../shared/base/safe-text.js';
import { RedisBackoff } from './redis-backoff.js';
import { RunsWorker } from './run-tracker.js';
import { RunStandings, SiteGuard } from './site-guard.js';
import { SiteAccess } from './site-access.js';
import { SiteLimiter } from './site-limiter.js';
import { type StopDeps, stopInOrder } from './stop.js';
import { StoreGuard } from './store-guard.js';
import { type LookForNew, Watcher, type WatcherDeps } from './watcher.js';

/** A worker that is told to stop while it starts is given this long to have started. */
const START_ENDS_WITHIN_MS = 1000;

export interface WorkerOptions {
  /** Unique per process, without spaces; a part of file names. */
  readonly id: string;
  readonly version: string;
  readonly address: RedisAddress;
  /** Queues to work, with the jobs each may run at once here; a baseline queue always runs one. */
  readonly queues: ReadonlyMap<JobQueue, number | 'auto'>;
  /** Where `auto` ends. */
  readonly concurrencyMax: number;
  /** Time between two requests of this worker to a kind's site, beside the rate that all obey. */
  readonly intervalsMs?: ReadonlyMap<KindName, number>;
  readonly sites: Sites;
  /** Where results go. */
  readonly out: string;
  readonly durability: Durability;
  readonly userAgent: string;
  readonly fetchDeadlineMs: number;
  /** The largest answer in bytes, decoded; undefined for each kind's own limit. */
  readonly bodyBytesMax: number | undefined;
  /** A job whose site has refused, or not answered, for this long fails. */
  readonly giveUpAfterMs: number;
  /** First pause after a block page; it doubles up to a day. */
  readonly blockPauseMs: number;
  /** A job whose worker has not renewed its lock for this long is given to another. */
  readonly lockMs: number;
  /** How long `stop` waits for jobs under way. */
  readonly graceMs: number;
  /** Leave when the queues hold nothing and no run of theirs is open. */
  readonly drain: boolean;
  /** Looks for what is new at the sites that are watched; a worker without it leaves that to others. */
  readonly look?: LookForNew;
  readonly logger: Logger;
  /** Whether each job has a line in the log. */
  readonly verbose: boolean;
}

export class Worker implements Service {
  readonly #options: WorkerOptions;
  readonly #parts: WorkerParts;
  readonly #leaving = deferred<WorkerEnd>();
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Opens everything that a worker needs; it takes no jobs before {@link start}. Waits for Redis
   * for as long as it takes, unless the signal aborts: then it rejects with the signal's reason.
   * Call {@link stop} in the end, started or not.
   *
   * @throws CommandError: cannotWrite; badConfig when the results there are another site's, or
   *   when so many jobs at once would run out of open files.
   */
  static async open(
    options: WorkerOptions,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Worker> {
    return new Worker(options, await openParts(options, signal));
  }

  private constructor(options: WorkerOptions, parts: WorkerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Resolves when the worker leaves by itself (`drain`), with why; never otherwise. */
  get left(): Promise<WorkerEnd> {
    return this.#leaving.promise;
  }

  /** Jobs that failed for good here. */
  get failures(): number {
    return this.#parts.workLog.failures;
  }

  /** Resolves when the worker is on the list of workers and takes jobs. */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  /** Resolves when nothing runs any more and everything is closed; see `stop.ts` for the order. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #start(): Promise<void> {
    const { heartbeat, queues, runs, watcher, background } = this.#parts;
    await heartbeat.start(background.signal);
    for (const queue of queues) queue.start();
    runs.start();
    watcher?.start();
    this.#tuneQueues();
    const { connection, log } = this.#parts;
    const watched = [...this.#options.queues.keys()];
    void watchQueues({ connection, queues: watched, log }, background.signal);
    if (this.#options.drain) void this.#leaveWhenDrained();
  }

  async #stop(): Promise<void> {
    // Without Redis a worker never starts; then what has been opened is closed all the same.
    await withDeadline(
      this.#started ?? Promise.resolve(),
      START_ENDS_WITHIN_MS,
      () => new Error('not started'),
    ).catch(() => {});
    await stopInOrder(this.#parts, this.#options.graceMs);
    const { log, workLog } = this.#parts;
    if (this.#started !== undefined) log.info(`Worker ${workLog.summary()}`, {});
  }

  #tuneQueues(): void {
    const { queues, background, log } = this.#parts;
    const { concurrencyMax, queues: wanted } = this.#options;
    for (const worker of queues) {
      if (worker.queue.baseline || wanted.get(worker.queue) !== 'auto') continue;
      const onStep = (before: number, after: number, perSecond: number): void => {
        const speed = perSecond > 0 ? ` at ${formatRate(perSecond)}` : '';
        log.info(`${worker.queue.name}: ${after} at once, ${before} before${speed}`, {
          queue: worker.queue.name,
          concurrency: after,
        });
      };
      void tuneQueue(worker, { concurrencyMax, onStep }, background.signal);
    }
  }

  async #leaveWhenDrained(): Promise<void> {
    const { connection, siteGuard, background, log } = this.#parts;
    const queues = [...this.#options.queues.keys()];
    try {
      const deps = { connection, queues, siteGuard, log };
      this.#leaving.resolve(await watchForDrain(deps, background.signal));
    } catch {
      // Stopped before it was drained.
    }
  }
}

/** Identity of the site that fills each folder of results. */
export function folderSites({
  queues,
  sites,
}: Pick<WorkerOptions, 'queues' | 'sites'>): Readonly<Record<string, string>> {
  const kinds = new Set([...queues.keys()].flatMap(({ kind }) => kindsAskedBy(kind)));
  const entries = [...kinds].flatMap((kind) => {
    const site = sites[kind];
    return site === undefined ? [] : [[kindOf(kind).plural, siteIdentity(site.url)] as const];
  });
  return Object.fromEntries(entries);
}

/** Identity of each kind's site, for the heartbeat. */
function siteIdentities(sites: Sites): Record<string, string> {
  const all = Object.entries(sites).map(([kind, { url }]) => [kind, siteIdentity(url)] as const);
  return Object.fromEntries(all);
}

/** What a worker consists of; {@link stopInOrder} closes it. */
interface WorkerParts extends StopDeps {
  readonly queues: readonly QueueWorker[];
  readonly runs: RunsWorker;
  readonly watcher: Watcher | undefined;
  readonly heartbeat: HeartbeatSender;
  readonly siteGuard: SiteGuard;
  readonly log: RateLimitedLog;
  readonly workLog: WorkLog;
}

/** Opens the store first: where results cannot be written, nothing else is begun. */
async function openParts(options: WorkerOptions, signal: AbortSignal): Promise<WorkerParts> {
  requireOpenFiles(slotsMax(options));
  const log = new RateLimitedLog(options.logger);
  const store = await openStore(options.out, {
    worker: options.id,
    durability: options.durability,
    sites: folderSites(options),
    onWarning: (text) => log.always(text, {}),
  });
  for (const warning of store.warnings) log.always(warning, {});
  const redisWatch = new RedisWatch(log);
  const connection: RedisConnection = openConnection(
    options.address,
    { name: `comic-queue:${options.id}`, whenDown: 'wait' },
    (error) => redisWatch.failed(connection, error),
  );
  connection.on('ready', () => redisWatch.ready());
  // Ends commands that wait for Redis.
  const abandon = (): void => connection.disconnect();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    signal.throwIfAborted();
    const workLog = new WorkLog(log, options.verbose);
    const opened = { store, log, workLog, connection, redisWatch, opening: signal };
    return await connectParts(options, opened);
  } catch (error) {
    connection.disconnect();
    await store.close();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

interface OpenedParts {
  readonly store: ResultStore;
  readonly log: RateLimitedLog;
  readonly workLog: WorkLog;
  readonly redisWatch: RedisWatch;
  readonly connection: RedisConnection;
  /** Aborts when the worker need not be opened any more. */
  readonly opening: AbortSignal;
}

async function connectParts(options: WorkerOptions, opened: OpenedParts): Promise<WorkerParts> {
  const { connection, log, workLog, redisWatch, store, opening } = opened;
  const background = new AbortController();
  const backoff = new RedisBackoff(log);
  const clock = await backoff.persist(() => openRedisClock(connection), opening);
  const fetcher = createFetcher({
    userAgent: options.userAgent,
    connectionsMax: slotsMax(options),
    limits: { deadlineMs: options.fetchDeadlineMs },
  });
  const queues = await openQueueWorkers(options, {
    ...opened,
    clock,
    fetcher,
    backoff,
    onStoreTrouble: (trouble) => guard.onTrouble(trouble),
    onOtherSite: (queue, error) => siteGuard.met(queue, error),
  });
  const { sites } = options;
  const { signal } = background;
  const guard = new StoreGuard({ store, queues, log, signal });
  const siteGuard = new SiteGuard({ connection, queues, sites, log, signal });
  const runs = new RunsWorker({
    options,
    connection,
    log,
    redisWatch,
    runsQueue: openRunsQueue(connection),
    backoff,
  });
  const watcher = openWatcher(options, { ...opened, clock, backoff });
  const { id, version, out } = options;
  const heartbeat = new HeartbeatSender(
    // On another machine a relative path says nothing.
    { id, version, out: URL.canParse(out) ? out : resolve(out), sites: siteIdentities(sites) },
    { connection, clock, queues, guard, store, backoff, log },
  );
  return {
    store,
    log,
    workLog,
    connection,
    fetcher,
    queues,
    runs,
    watcher,
    heartbeat,
    siteGuard,
    background,
  };
}

function openWatcher(options: WorkerOptions, deps: Omit<WatcherDeps, 'look'>): Watcher | undefined {
  const { look } = options;
  if (look === undefined) return undefined;
  const kinds = new Set([...options.queues.keys()].map(({ kind }) => kind));
  return new Watcher({ ...options, kinds }, { ...deps, look });
}

interface QueueDeps extends OpenedParts {
  readonly clock: RedisClock;
  readonly fetcher: Fetcher;
  readonly backoff: RedisBackoff;
  readonly onStoreTrouble: StoreGuard['onTrouble'];
  readonly onOtherSite: SiteGuard['met'];
}

async function openQueueWorkers(options: WorkerOptions, deps: QueueDeps): Promise<QueueWorker[]> {
  const { connection, backoff, opening } = deps;
  const runs = new RunStandings(connection);
  const access = siteAccess(options, deps);
  const workers: QueueWorker[] = [];
  for (const [queue, concurrency] of options.queues) {
    const { kind } = queue;
    const bullQueue = openQueue(queue.name, connection);
    await backoff.persist(() => prepareQueue(bullQueue, queue), opening);
    const handler = await loadHandler(kind);
    const processor = new JobProcessor(
      { ...options, queue },
      {
        ...deps,
        handler,
        sites: access,
        runs,
        onOtherSite: (error) => deps.onOtherSite(queue, error),
      },
    );
    const slots = slotsOf(queue, concurrency, AUTO_START);
    workers.push(
      new QueueWorker({ ...options, queue, concurrency: slots }, { ...deps, processor }),
    );
  }
  return workers;
}

/** The sites that are asked here. The queues that ask the same one share its limiter. */
function siteAccess(options: WorkerOptions, deps: QueueDeps): ReadonlyMap<KindName, SiteAccess> {
  const kinds = new Set([...options.queues.keys()].flatMap(({ kind }) => kindsAskedBy(kind)));
  const { bodyBytesMax } = options;
  const entries = [...kinds].flatMap((kind) => {
    const site = options.sites[kind];
    if (site === undefined) return [];
    const intervalMs = options.intervalsMs?.get(kind);
    const shown = siteText(site.url);
    const limiter = new SiteLimiter({ ...options, kind, site: shown, intervalMs }, deps);
    const { fetcher } = deps;
    return [[kind, new SiteAccess({ kind, site, bodyBytesMax }, { limiter, fetcher })] as const];
  });
  return new Map(entries);
}

/** The most jobs that may run at once here, over all queues. */
function slotsMax({ queues, concurrencyMax }: WorkerOptions): number {
  return [...queues].reduce(
    (sum, [queue, concurrency]) => sum + slotsOf(queue, concurrency, concurrencyMax),
    0,
  );
}

function slotsOf(queue: JobQueue, concurrency: number | 'auto', auto: number): number {
  if (queue.baseline) return 1;
  return concurrency === 'auto' ? auto : concurrency;
}
