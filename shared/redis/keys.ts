/** Every key of ours in Redis. All share one hash tag, so that a cluster keeps them on one node. */

/** The prefix of BullMQ's keys and of ours. */
export const PREFIX = '{comic-queue}';

/** The slot of a cluster that all of them are in: CRC16 of the hash tag, modulo 16,384. */
export const SLOT = 6996;

export const KEYS = {
  /** Counter: the number of the newest run. */
  runCounter: `${PREFIX}:run:counter`,
  /** Sorted set: numbers of all runs that are kept. */
  runIndex: `${PREFIX}:run:index`,
  /** Set: numbers of the runs that have not ended. */
  liveRuns: `${PREFIX}:run:live`,
  /** Sorted set: numbers of the runs that have ended, without baselines: the oldest are forgotten. */
  endedRuns: `${PREFIX}:run:ended`,
  /** Hash: number of a kind's newest usable baseline by site and selection, and by site alone. */
  baselines: (kind: string) => `${PREFIX}:run:baselines:${kind}`,
  /** String: what a call of the fold script that was cut off had still to write. */
  foldJournal: `${PREFIX}:run:fold-journal`,
  /** Prefix of a run's keys; the run's number follows. */
  runBase: `${PREFIX}:run:`,
  /** Hash: the record of a run. */
  run: (number: number) => `${PREFIX}:run:${number}`,
  /** Hash: counts, sums, minimum and maximum of a run. */
  tally: (number: number) => `${PREFIX}:run:${number}:tally`,
  /** Hash: fetch times of a run, as a logarithmic histogram. */
  histogram: (number: number) => `${PREFIX}:run:${number}:histogram`,
  /** Hash: starts and ends of a run's jobs by time bucket, while it runs. */
  buckets: (number: number) => `${PREFIX}:run:${number}:buckets`,
  /** String: four bits for each position: how its job ended. */
  endings: (number: number) => `${PREFIX}:run:${number}:endings`,
  /** Sorted set by position: the jobs that failed for good. */
  failed: (number: number) => `${PREFIX}:run:${number}:failed`,
  /** Sorted set by position: the first jobs of a run whose site has none such. */
  missing: (number: number) => `${PREFIX}:run:${number}:missing`,
  /** String: the finished series of a run. */
  series: (number: number) => `${PREFIX}:run:${number}:series`,
  /** Hash: retries of a run by reason. */
  retries: (number: number) => `${PREFIX}:run:${number}:retries`,
  /** Hash: what a queue has done since its first job: counters that only grow. */
  totals: (queue: string) => `${PREFIX}:totals:${queue}`,
  /** Hash: a site's rate, pauses, refusals and outage, one a kind. */
  site: (kind: string) => `${PREFIX}:site:${kind}`,
  /** Sorted set: jobs whose attempts failed as they do when their site is away, by the newest time. */
  siteFailures: (kind: string) => `${PREFIX}:site:${kind}:failures`,
  /** Hash: what a watch of a kind looks for, and what it knows. */
  watch: (kind: string) => `${PREFIX}:watch:${kind}`,
  /** Sorted set: workers by the time their heartbeat expires. */
  workers: `${PREFIX}:worker:index`,
  /** String: what a worker says of itself. */
  worker: (id: string) => `${PREFIX}:worker:${id}`,
  /** String: what `doctor` writes to see whether it may, for a second. */
  probe: `${PREFIX}:probe`,
} as const;

/** All keys that hold something of one run, besides its jobs and its places in the indexes. */
export function keysOfRun(number: number): [string, ...string[]] {
  return [
    KEYS.run(number),
    KEYS.tally(number),
    KEYS.histogram(number),
    KEYS.buckets(number),
    KEYS.endings(number),
    KEYS.failed(number),
    KEYS.missing(number),
    KEYS.series(number),
    KEYS.retries(number),
  ];
}
