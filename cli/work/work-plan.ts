/** What a worker will do: its lanes, its sites, its place for results. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { KIND_NAMES, type KindName } from '../../shared/kinds/kinds.js';
import { type Lane, laneOf } from '../../shared/queues/lane.js';
import { folderSites } from '../../worker/worker.js';
import { type Concurrency, concurrencyOf, kindsOf } from '../arguments/concurrency.js';
import type { Configuration } from '../configuration.js';

const HOST_LENGTH_MAX = 40;

export interface WorkPlan {
  /** Unique per process; a part of file names. */
  readonly workerId: string;
  readonly concurrency: ReadonlyMap<KindName, Concurrency>;
  /** Both lanes of every kind; baseline lanes always run one job at a time. */
  readonly lanes: ReadonlyMap<Lane, Concurrency>;
  /** URL template of the site that fills each folder of results. */
  readonly folderSites: Readonly<Record<string, string>>;
  readonly outDir: string;
}

/**
 * Makes the plan of this process.
 *
 * @throws CommandError (usage) for kinds or numbers that cannot be read.
 */
export function readWorkPlan(configuration: Configuration, outDir: string): WorkPlan {
  const kinds = kindsOf(configuration.kinds, KIND_NAMES);
  const concurrency = concurrencyOf(configuration.concurrency, kinds);
  const lanes = new Map(
    [...concurrency].flatMap(([kind, count]) => [
      [laneOf(kind, false), count] as const,
      [laneOf(kind, true), 1] as const,
    ]),
  );
  const { sites } = configuration;
  return {
    workerId: newWorkerId(),
    concurrency,
    lanes,
    folderSites: folderSites({ lanes, sites }),
    outDir,
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
    '--max-concurrency is where -c auto ends, and nothing here is auto: add -c auto, or leave it out',
  );
}

/** `host-1234-9f2c`: who it is, and never again the same. */
function newWorkerId(): string {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9.-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, HOST_LENGTH_MAX);
  return `${host || 'worker'}-${process.pid}-${randomBytes(2).toString('hex')}`;
}
