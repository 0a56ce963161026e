/**
 * The worker that a comparison brings. It lives in this process: waiting for the run and drawing its
 * bar take 2 % of the processor time that working it takes (measured), while a process of its own
 * would take a second to start.
 */

import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory } from '../../shared/base/directory.js';
import { errorCode } from '../../shared/base/errors.js';
import type { Logger } from '../../shared/base/logger.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import type { Sites } from '../../shared/kinds/site.js';
import { queueOf } from '../../shared/queues/queue.js';
import type { RedisAddress } from '../../shared/redis/address.js';
import { Worker } from '../../worker/worker.js';
import type { Configuration } from '../configuration.js';
import type { Session } from '../session.js';
import { newWorkerId, workerOptions } from '../work-plan.js';
import type { MeasuredWorkers } from './measure.js';

/** What is under way when a comparison stops belongs to a run that was given up. */
const GRACE_MS = 500;

export interface LocalWorkersOptions {
  readonly kind: KindName;
  readonly sites: Sites;
  /** Where results go. */
  readonly directory: string;
}

/** Opens the worker of a comparison; it starts when a run is to be measured, and stops with the session. */
export async function openLocalWorkers(
  session: Session,
  options: LocalWorkersOptions,
): Promise<LocalWorkers> {
  const { address } = await session.redis();
  await session.traceJobs();
  const { configuration, logger } = session;
  const workers = new LocalWorkers({ ...options, configuration, logger, address });
  session.defer(() => workers.stop());
  return workers;
}

interface LocalWorkersDeps extends LocalWorkersOptions {
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly address: RedisAddress;
}

class LocalWorkers implements MeasuredWorkers {
  readonly type = 'own';
  readonly #deps: LocalWorkersDeps;
  readonly #id = newWorkerId('compare');
  readonly #logger: Logger;
  readonly #aside: SetAside;
  #worker: Worker | undefined;
  #concurrency = 0;

  constructor(deps: LocalWorkersDeps) {
    this.#deps = deps;
    this.#aside = new SetAside(deps.directory);
    // What a worker logs at `info` would stand between the lines of the comparison.
    this.#logger = deps.logger.child({}, { level: quieter(deps.configuration.logLevel) });
  }

  /**
   * Each run begins with nothing kept, as a first download does. To replace a file costs ten times
   * what it costs to make one (ext4, flushed: a rename of 0.33 against 0.04 ms, in the event loop),
   * so that later passes would measure something else than the first.
   */
  async ready(concurrency: number): Promise<void> {
    await this.#aside.take([kindOf(this.#deps.kind).plural]);
    if (this.#worker !== undefined && concurrency === this.#concurrency) return;
    await this.#close();
    this.#worker = await this.#open(concurrency);
    this.#concurrency = concurrency;
    await this.#worker.start();
  }

  /** Resolves when the worker has stopped, its results are closed and those of earlier runs deleted. */
  async stop(): Promise<void> {
    await this.#close();
    await this.#aside.remove();
  }

  async #close(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = undefined;
  }

  #open(concurrency: number): Promise<Worker> {
    const { kind, sites, address, directory, configuration } = this.#deps;
    const options = workerOptions(configuration, {
      id: this.#id,
      address,
      queues: new Map([
        [queueOf(kind, false), concurrency],
        [queueOf(kind, true), 1],
      ]),
      concurrencyMax: concurrency,
      sites,
      out: directory,
      graceMs: GRACE_MS,
      logger: this.#logger,
    });
    return Worker.open(options);
  }
}

function quieter(level: Configuration['logLevel']): Configuration['logLevel'] {
  return level === 'info' ? 'warn' : level;
}

const FOLDER = '.set-aside';

/**
 * Deleting files just before others are made slows those down: ext4 passes over inodes that were
 * freed within the last minutes, one by one, at each new file (measured after 5,000 deletions: 940
 * comics a second instead of 1,720). So what is in the way is renamed, and deleted at the end.
 */
export class SetAside {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Moves what is there of `names` out of the directory. */
  async take(names: readonly string[]): Promise<void> {
    const place = join(this.#directory, FOLDER, randomBytes(6).toString('hex'));
    await ensureDirectory(place);
    for (const name of names) {
      await renameIfThere(join(this.#directory, name), join(place, name));
    }
  }

  /** Deletes all that was moved, by an earlier process too. */
  async remove(): Promise<void> {
    await rm(join(this.#directory, FOLDER), { recursive: true, force: true });
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
