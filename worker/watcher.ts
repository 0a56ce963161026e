/** Looks for what is new at the sites that are watched. The jobs come from a schedule, one a kind. */

import type { Job, Worker as BullWorker } from 'bullmq';
import { errorText } from '../shared/base/errors.js';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { JobFailure } from '../shared/base/outcome.js';
import { pauseFor, wait } from '../shared/base/wait.js';
import { type KindName, kindOf, recordKindOf } from '../shared/kinds/kinds.js';
import { isLocalSite, type Site, siteIdentity, type Sites } from '../shared/kinds/site.js';
import { runName } from '../shared/queues/job.js';
import { bullmq } from '../shared/queues/queue.js';
import { pauseSite, readSiteState, takeTurn } from '../shared/queues/site-state.js';
import {
  LookData,
  noteLook,
  readWatch,
  restoreWatches,
  type Watch,
  WATCHES_QUEUE,
} from '../shared/queues/watches.js';
import type { RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { PREFIX } from '../shared/redis/keys.js';
import { redisErrorText } from '../shared/redis/refusal.js';
import { formatCount } from '../shared/report/format.js';
import { refusalOf } from './reaction.js';
import type { RedisBackoff } from './redis-backoff.js';

/** A look that waits for a pause to end or for its turn comes back at least this often: both may change. */
const LOOK_AGAIN_AFTER_MS = 60_000;

/** A look that is for another worker comes back after this long, or up to twice as long. */
const FOR_ANOTHER_MS = 10_000;

/** How often watches are searched for those whose next look would never come. */
const SWEEP_EVERY_MS = 30_000;

/** A look under way when its worker dies is done again, as often as that happens. */
const KILLS_MAX = 1_000_000;

/** Asks the site of a watch, and queues what is new there. It is the producer's, and handed in. */
export type LookForNew = (
  watch: Watch,
  context: { readonly connection: RedisConnection; readonly signal: AbortSignal },
) => Promise<{ readonly known: number; readonly runs: readonly number[] }>;

export interface WatcherOptions {
  /** The worker's id, by which BullMQ names it. */
  readonly id: string;
  readonly lockMs: number;
  /** First pause after a block page. */
  readonly blockPauseMs: number;
  /** The kinds that are worked here: watches of others are left to others. */
  readonly kinds: ReadonlySet<KindName>;
  readonly sites: Sites;
}

export interface WatcherDeps {
  readonly connection: RedisConnection;
  readonly clock: RedisClock;
  readonly log: RateLimitedLog;
  readonly backoff: RedisBackoff;
  readonly redisWatch: { readonly isGone: boolean };
  readonly look: LookForNew;
}

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #deps: WatcherDeps;
  readonly #worker: BullWorker;
  readonly #stopping = new AbortController();

  constructor(options: WatcherOptions, deps: WatcherDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#worker = new (bullmq().Worker)(
      WATCHES_QUEUE,
      (job, token): Promise<object | null> => this.#process(job, token ?? ''),
      {
        name: options.id,
        connection: deps.connection,
        prefix: PREFIX,
        autorun: false,
        lockDuration: options.lockMs,
        stalledInterval: Math.ceil(options.lockMs / 2),
        maxStalledCount: KILLS_MAX,
        skipVersionCheck: true,
      },
    );
    deps.backoff.guard(this.#worker, this.#stopping.signal);
    this.#worker.on('error', (error) => {
      if (deps.redisWatch.isGone) return;
      deps.log.warn(`Cannot take watches: ${redisErrorText(error)}`, {});
    });
  }

  start(): void {
    void this.#worker.run().catch(() => {});
    void this.#sweep();
  }

  /** Takes no more looks, and puts back the one under way. May wait for ever where Redis is gone. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('the worker stops'));
    await this.#worker.close();
  }

  async #sweep(): Promise<void> {
    const { connection, clock, log } = this.#deps;
    do {
      try {
        for (const kind of await restoreWatches(connection, clock.now())) {
          const { plural } = kindOf(kind);
          log.warn(`Nothing was to look for new ${plural} any more: a look is due now`, { kind });
        }
      } catch (error) {
        log.warn(`Cannot see whether watches have their looks: ${redisErrorText(error)}`, {});
      }
    } while (await pauseFor(SWEEP_EVERY_MS, this.#stopping.signal));
  }

  /** Resolves with what the look has found; null where the watch has been ended since. */
  async #process(job: Job, token: string): Promise<object | null> {
    const kind = LookData.safeParse(job.data).data?.kind;
    const watch = kind === undefined ? undefined : await readWatch(this.#deps.connection, kind);
    if (watch === undefined) return null;
    try {
      const delayMs = (await this.#delayOf(watch)) || (await this.#takeTurn(watch));
      if (delayMs > 0) {
        await job.moveToDelayed(Date.now() + Math.min(delayMs, LOOK_AGAIN_AFTER_MS), token);
        throw new (bullmq().DelayedError)();
      }
      return await this.#look(watch);
    } catch (error) {
      if (error instanceof bullmq().DelayedError || !this.#stopping.signal.aborted) throw error;
      await job.moveToWait(token);
      throw new (bullmq().WaitingError)();
    }
  }

  async #look(watch: Watch): Promise<object> {
    const { connection, clock, look, log } = this.#deps;
    const { kind } = watch;
    const { plural } = kindOf(kind);
    try {
      const found = await look(watch, { connection, signal: this.#stopping.signal });
      await noteLook(connection, kind, { atMs: clock.now(), known: found.known, problem: '' });
      const runs = found.runs.map(runName);
      if (runs.length > 0) {
        const count = formatCount(found.known - watch.known);
        const text = `${count} new of the ${plural}, up to ${found.known}: ${runs.join(', ')}`;
        log.always(text, { kind, known: found.known, runs });
      }
      return { known: found.known, runs };
    } catch (error) {
      if (this.#stopping.signal.aborted) throw error;
      await this.#heed(kind, error);
      const problem = errorText(error);
      await noteLook(connection, kind, { atMs: clock.now(), known: watch.known, problem });
      log.warn(`Cannot look for new ${plural}: ${problem}`, { kind });
      throw error;
    }
  }

  /** A site that asks to be left alone here is left alone by all. */
  async #heed(kind: KindName, error: unknown): Promise<void> {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof JobFailure)) return;
    const refusal = refusalOf(cause, this.#options.blockPauseMs);
    if (refusal !== undefined) await pauseSite(this.#deps.connection, askedKind(kind), refusal);
  }

  /** How long a look has to wait: for a worker of its site, or for the end of a pause. */
  async #delayOf({ kind, site }: Watch): Promise<number> {
    const { kinds, sites } = this.#options;
    if (
      !kinds.has(kind) ||
      siteIdentity(sites[kind]?.url ?? '') !== site ||
      isLatestElsewhere(sites[askedKind(kind)])
    ) {
      return Math.ceil(FOR_ANOTHER_MS * (1 + Math.random()));
    }
    const { pausedForMs } = await readSiteState(this.#deps.connection, askedKind(kind));
    return Math.ceil(pausedForMs);
  }

  /**
   * Takes a turn under the site's rate, and waits for it: a look is a request like any other.
   *
   * @returns 0, or how long there is none to be had
   */
  async #takeTurn({ kind }: Watch): Promise<number> {
    const { connection } = this.#deps;
    const { intervalMs, outage } = await readSiteState(connection, askedKind(kind));
    // A site that is away is asked by the probes of its jobs; where it has none, a look does no harm.
    if (intervalMs === undefined || outage !== undefined) return 0;
    const never = { giveUpAfterMs: Number.MAX_SAFE_INTEGER, probeMs: 0 };
    const turn = await takeTurn(connection, askedKind(kind), never);
    if (turn.type === 'later') return Math.ceil(turn.waitMs);
    if (turn.type === 'turn') await wait(turn.waitMs, this.#stopping.signal);
    return 0;
  }
}

/** Whether a stand-in is asked for comics, and the real site for the newest, or the other way round. */
function isLatestElsewhere(site: Site | undefined): boolean {
  if (site?.latestUrl === undefined) return true;
  return isLocalSite(site) !== isLocalSite({ url: site.latestUrl });
}

/** The kind whose site tells the newest number. */
function askedKind(kind: KindName): KindName {
  return recordKindOf(kind) ?? kind;
}
