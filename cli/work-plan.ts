/** What a worker will do (its queues, its sites, its place for results), and the options made of it. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { CommandError, EXIT } from '../shared/base/errors.js';
import { safeText, siteText } from '../shared/base/safe-text.js';
import { KIND_NAMES, type KindName, kindOf, kindsAskedBy } from '../shared/kinds/kinds.js';
import { isLocalSite } from '../shared/kinds/site.js';
import { type JobQueue, queueOf } from '../shared/queues/queue.js';
import { readSiteState } from '../shared/queues/site-state.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { folderSites, type WorkerOptions } from '../worker/worker.js';
import { type Concurrency, concurrencyOf, intervalsOf, kindsOf } from './arguments.js';
import type { Configuration } from './configuration.js';
import { formatInterval, formatRoughDuration } from '../shared/report/format.js';
import { outageText } from '../shared/report/standstill.js';
import { programVersion, userAgentOf } from './version.js';

const HOST_LENGTH_MAX = 40;

export interface WorkPlan {
  /** Unique per process; a part of file names. */
  readonly workerId: string;
  readonly concurrency: ReadonlyMap<KindName, Concurrency>;
  /** Both queues of every kind; baseline queues always run one job at a time. */
  readonly queues: ReadonlyMap<JobQueue, Concurrency>;
  /** Identity of the site that fills each folder of results. */
  readonly folderSites: Readonly<Record<string, string>>;
  readonly outDir: string;
  /** Time between two requests of this command, beside the rate that all workers obey. */
  readonly intervalsMs: ReadonlyMap<KindName, number>;
}

/**
 * Makes the plan of this process.
 *
 * @throws CommandError (usage) for kinds or numbers that cannot be read.
 */
export function readWorkPlan(configuration: Configuration, outDir: string): WorkPlan {
  const kinds = kindsOf(configuration.kinds, KIND_NAMES);
  const concurrency = concurrencyOf(configuration.concurrency, kinds);
  const queues = new Map(
    [...concurrency].flatMap(([kind, count]) => [
      [queueOf(kind, false), count] as const,
      [queueOf(kind, true), 1] as const,
    ]),
  );
  const { sites } = configuration;
  return {
    workerId: newWorkerId(),
    concurrency,
    queues,
    folderSites: folderSites({ queues, sites }),
    outDir,
    intervalsMs: intervalsOf(configuration.rates, kinds.flatMap(kindsAskedBy)),
  };
}

/**
 * Where auto ends was typed: something must be worked so.
 *
 * @throws CommandError (usage) where nothing is.
 */
export function requireAuto({ concurrency }: WorkPlan): void {
  if ([...concurrency.values()].includes('auto')) return;
  throw new CommandError(
    EXIT.usage,
    '--max-concurrency limits -c auto, and nothing here is auto: add -c auto, or leave it out',
  );
}

/** What each worker has of its own, and what a caller may want otherwise than configured. */
export type OwnWorkerOptions = Pick<WorkerOptions, 'id' | 'address' | 'queues' | 'out' | 'logger'> &
  Partial<
    Pick<
      WorkerOptions,
      'concurrencyMax' | 'intervalsMs' | 'sites' | 'graceMs' | 'drain' | 'verbose' | 'look'
    >
  >;

/** The options of a worker: what is configured, and what is its own. */
export function workerOptions(configuration: Configuration, own: OwnWorkerOptions): WorkerOptions {
  return {
    version: programVersion(),
    userAgent: userAgentOf(configuration.contact),
    concurrencyMax: configuration.concurrencyMax,
    sites: configuration.sites,
    durability: configuration.durability,
    fetchDeadlineMs: configuration.fetchDeadlineMs,
    bodyBytesMax: configuration.bodyBytesMax,
    giveUpAfterMs: configuration.giveUpAfterMs,
    blockPauseMs: configuration.blockPauseMs,
    lockMs: configuration.lockMs,
    graceMs: configuration.shutdownGraceMs,
    drain: false,
    verbose: configuration.logLevel === 'debug',
    ...own,
  };
}

/** `host-1234-9f2c`: says which process it is, and is never used twice. Fit for the name of a file. */
export function newWorkerId(name = hostname()): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9.-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, HOST_LENGTH_MAX);
  return `${plain || 'worker'}-${process.pid}-${randomBytes(2).toString('hex')}`;
}

/** What a person needs to know to stop a worker. */
export const STOP_HINT =
  'Ctrl-C takes no more and finishes what is in flight; a second one stops now.';

/** The banner for people. */
export async function bannerLines(
  plan: WorkPlan,
  configuration: Configuration,
  connection: RedisConnection,
): Promise<string[]> {
  const rows: (readonly [string, string])[] = [
    ['at once', atOnceText(plan, configuration)],
    ['rate', await rateText(plan, connection)],
    ['results', `${safeText(plan.outDir)}, ${durabilityText(configuration)}`],
    ...siteRows(plan),
    [
      'gives up',
      `after ${formatRoughDuration(configuration.giveUpAfterMs)} of refusals or no answer`,
    ],
  ];
  return [
    headline(plan, configuration),
    ...rows.map(([title, text]) => `  ${title.padEnd(9)} ${text}`),
    ...contactLines(plan, configuration),
    STOP_HINT,
  ];
}

/** `comic-queue 0.1.0: worker vm-7-9f2c`. */
export function headline({ workerId }: WorkPlan, { processes }: Configuration): string {
  const what = processes === 1 ? `worker ${workerId}` : `${processes} worker processes`;
  return `comic-queue ${programVersion()}: ${what}`;
}

/** The banner as a JSON document. */
export function bannerDocument(plan: WorkPlan, configuration: Configuration): object {
  const { concurrencyMax, processes, durability, giveUpAfterMs, lockMs } = configuration;
  return {
    event: 'started',
    version: programVersion(),
    worker: plan.workerId,
    processes,
    queues: Object.fromEntries([...plan.queues].map(([queue, count]) => [queue.name, count])),
    concurrencyMax,
    out: plan.outDir,
    durability,
    sites: shownSites(plan),
    giveUpAfterMs,
    lockMs,
  };
}

function atOnceText(
  { concurrency }: WorkPlan,
  { processes, concurrencyMax }: Configuration,
): string {
  const kinds = [...concurrency].map(([kind, count]) =>
    count === 'auto'
      ? `${kindOf(kind).plural} auto (up to ${concurrencyMax})`
      : `${kindOf(kind).plural} ${count}`,
  );
  const sum = [...concurrency.values()].reduce<number>(
    (total, count) => total + (count === 'auto' ? concurrencyMax : count),
    0,
  );
  const total = processes === 1 ? `${sum} in all` : `${sum} a process, ${sum * processes} in all`;
  return `${kinds.join(', ')} (${total}); baseline queues 1`;
}

async function rateText(plan: WorkPlan, connection: RedisConnection): Promise<string> {
  const { concurrency, intervalsMs } = plan;
  const kinds = [...concurrency.keys()].filter((kind) => kindOf(kind).site !== undefined);
  const texts = await Promise.all(
    kinds.map((kind) => rateOf(kind, intervalsMs.get(kind), connection)),
  );
  return texts.length === 0 ? 'no site is asked' : texts.join(', ');
}

async function rateOf(
  kind: KindName,
  ownIntervalMs: number | undefined,
  connection: RedisConnection,
): Promise<string> {
  const { intervalMs, pausedForMs, pauseReason, outage } = await readSiteState(connection, kind);
  const rate = limitText(intervalMs, ownIntervalMs);
  if (outage !== undefined) {
    return `${kindOf(kind).plural} ${rate}, ${outageText(outage.reason, outage.nextProbeInMs)}`;
  }
  const pause =
    pausedForMs > 0
      ? `, paused for ${formatRoughDuration(pausedForMs)}: ${safeText(pauseReason ?? 'its site asked for it', 60)}`
      : '';
  return `${kindOf(kind).plural} ${rate}${pause}`;
}

/** The rate of all workers, then that of this command. */
function limitText(intervalMs: number | undefined, ownIntervalMs: number | undefined): string {
  const all = intervalMs === undefined ? 'no limit' : formatInterval(intervalMs);
  if (ownIntervalMs === undefined) return all;
  const own = `${formatInterval(ownIntervalMs)} by this command`;
  return intervalMs === undefined ? own : `${all}, ${own}`;
}

function durabilityText({ durability }: Configuration): string {
  return durability === 'full'
    ? 'each flushed before its job completes'
    : 'renamed into place but not flushed: a power cut may lose some';
}

function siteRows(plan: WorkPlan): (readonly [string, string])[] {
  return Object.entries(shownSites(plan)).map(([folder, site]) => [folder, `from ${site}`]);
}

/** The site of each folder, without a key that its URL may hold. */
function shownSites({ folderSites: sites }: WorkPlan): Record<string, string> {
  const shown = Object.entries(sites).map(([folder, url]) => [folder, siteText(url)] as const);
  return Object.fromEntries(shown);
}

function contactLines({ concurrency }: WorkPlan, { sites, contact }: Configuration): string[] {
  const remote = [...concurrency.keys()].some((kind) => {
    const site = sites[kind];
    return site !== undefined && !isLocalSite(site);
  });
  return remote && contact === undefined
    ? ['  Set COMIC_QUEUE_CONTACT to your e-mail address or URL, so that the sites can reach you.']
    : [];
}
