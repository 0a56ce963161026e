/**
 * Keeps a worker from the runs of another site. Producer and worker may be configured differently: a
 * stand-in's comics must not be stored as xkcd's, nor a load that was meant for a stand-in reach xkcd.
 * Such jobs stay for a worker that is configured as their producer was.
 */

import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { RateLimitedLog } from '../shared/base/logger.js';
import { siteText } from '../shared/base/safe-text.js';
import { pauseFor } from '../shared/base/wait.js';
import { kindOf } from '../shared/kinds/kinds.js';
import { mixedSitesText, proposedWorker, siteIdentity, type Sites } from '../shared/kinds/site.js';
import { runName } from '../shared/queues/job.js';
import type { JobQueue } from '../shared/queues/queue.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import { liveRuns } from '../shared/runs/run-store.js';
import type { OtherSiteError } from './reaction.js';

/** How soon a paused queue is taken from again once there is a run for this worker. */
const LOOK_EVERY_MS = 2000;

export interface SiteGuardDeps {
  readonly connection: RedisConnection;
  readonly queues: readonly GuardedQueue[];
  readonly sites: Sites;
  readonly log: RateLimitedLog;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
}

/** A queue to pause. */
interface GuardedQueue {
  readonly queue: JobQueue;
  pause(cause: 'other-site'): Promise<void>;
  resume(cause: 'other-site'): void;
}

export class SiteGuard {
  readonly #deps: SiteGuardDeps;
  /** Site of the jobs for which each queue is paused here. */
  readonly #pausedFor = new Map<string, string>();
  readonly #looks = new Map<string, Promise<boolean>>();
  readonly #said = new Set<string>();

  constructor(deps: SiteGuardDeps) {
    this.#deps = deps;
  }

  /** The other site whose jobs are all that a queue holds; undefined while it is worked here. */
  siteInTheWay(queue: JobQueue): string | undefined {
    return this.#pausedFor.get(queue.name);
  }

  /**
   * A job of another site's run was met. Pauses its queue here unless runs of this worker's site are
   * in it, too.
   *
   * @returns whether the queue goes on: the job must then make way for the others.
   */
  met(queue: JobQueue, { run, site }: OtherSiteError): Promise<boolean> {
    this.#say(queue, run, site);
    const look = this.#looks.get(queue.name) ?? this.#look(queue, site);
    this.#looks.set(queue.name, look);
    return look;
  }

  async #look(queue: JobQueue, site: string): Promise<boolean> {
    try {
      if (this.#pausedFor.has(queue.name)) return false;
      if (await this.#isWorkedHere(queue)) return true;
      this.#pausedFor.set(queue.name, site);
      for (const one of this.#queuesNamed(queue)) await one.pause('other-site');
      void this.#resumeWhenWorkedHere(queue);
      return false;
    } finally {
      this.#looks.delete(queue.name);
    }
  }

  async #resumeWhenWorkedHere(queue: JobQueue): Promise<void> {
    while (await pauseFor(LOOK_EVERY_MS, this.#deps.signal)) {
      // An error of Redis decides nothing: the next look makes up for it.
      if (!(await this.#isWorkedHere(queue).catch(() => false))) continue;
      this.#pausedFor.delete(queue.name);
      for (const one of this.#queuesNamed(queue)) one.resume('other-site');
      return;
    }
  }

  /** Whether a live run of the queue is one for this worker, or none is live at all. */
  async #isWorkedHere(queue: JobQueue): Promise<boolean> {
    const { connection, sites } = this.#deps;
    const runs = (await liveRuns(connection)).filter((run) => run.queue.name === queue.name);
    const own = siteIdentity(sites[queue.kind]?.url ?? '');
    // The jobs of a cancelled run are ended by whichever worker meets them.
    const isForUs = runs.some(
      ({ site, state }) => site === own || site === '' || state === 'cancelled',
    );
    return isForUs || runs.length === 0;
  }

  #queuesNamed({ name }: JobQueue): readonly GuardedQueue[] {
    return this.#deps.queues.filter(({ queue }) => queue.name === name);
  }

  #say({ kind }: JobQueue, run: number, site: string): void {
    if (this.#said.has(site)) return;
    this.#said.add(site);
    const { sites, log } = this.#deps;
    const mixed = mixedSitesText(kind, sites);
    if (mixed !== undefined) {
      log.always(`${mixed}: this worker leaves ${runName(run)} to others`, {});
      return;
    }
    const own = siteText(siteIdentity(sites[kind]?.url ?? ''));
    const fact = `The ${kindOf(kind).plural} of ${runName(run)} are those of ${siteText(site)}`;
    const remedy = `Start a worker of that site: ${proposedWorker(kind, site)}`;
    log.always(`${fact}, and this worker asks ${own}: it leaves them. ${remedy}`, {});
  }
}

/** That a run was cancelled, or forgotten, is noticed within this time. */
const NOTICED_WITHIN_MS = 1000;

/** Runs remembered at most. */
const REMEMBERED_MAX = 1000;

const Fields = z.tuple([z.string().nullable(), z.string().nullable()]);

/** What decides whether a job of a run is to be done here. */
export interface RunStanding {
  /** Why its jobs are not to be done at all, as what has become of the run. */
  readonly givenUp: 'was cancelled' | 'is not known any more' | undefined;
  /** Identity of the site that it asks; empty where it asks none, or is not known. */
  readonly site: string;
}

/** The standings of runs, asked of Redis at most once a second for each that goes on. */
export class RunStandings {
  readonly #connection: RedisConnection;
  readonly #known = new LRUCache<number, RunStanding>({ max: REMEMBERED_MAX });
  readonly #reads = new Map<number, Promise<RunStanding>>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** The standing of a run, as of at most a second ago; at once where that is known. */
  of(run: number): RunStanding | Promise<RunStanding> {
    const known = this.#known.get(run);
    if (known !== undefined) return known;
    const read = this.#reads.get(run) ?? this.#read(run);
    this.#reads.set(run, read);
    return read;
  }

  async #read(run: number): Promise<RunStanding> {
    try {
      const reply = await this.#connection.hmget(KEYS.run(run), 'state', 'site');
      const [state, site] = Fields.parse(reply);
      const standing = { givenUp: givenUp(state), site: site ?? '' };
      // A run that is given up stays so, but a Redis that was emptied gives its number to another, whose
      // jobs would all end within a second.
      if (standing.givenUp === undefined)
        this.#known.set(run, standing, { ttl: NOTICED_WITHIN_MS });
      return standing;
    } finally {
      this.#reads.delete(run);
    }
  }
}

/** A run is cancelled with jobs of it in the queue, and may be forgotten before a worker meets them. */
function givenUp(state: string | null): RunStanding['givenUp'] {
  if (state === null) return 'is not known any more';
  return state === 'cancelled' ? 'was cancelled' : undefined;
}
