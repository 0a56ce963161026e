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
import { createLogger, type Logger } from '../../shared/base/logger.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import type { Sites } from '../../shared/kinds/site.js';
import { queueOf } from '../../shared/queues/queue.js';
import type { RedisAddress } from '../../shared/redis/address.js';
import { Worker } from '../../worker/worker.js';
import type { Configuration } from '../configuration.js';
import { newWorkerId, workerOptions } from '../worker-options.js';
import type { MeasuredWorkers } from './measure.js';

/** What is under way when a comparison stops belongs to a run that was given up. */
const GRACE_MS = 500;

export interface LocalWorkersTerms {
  readonly kind: KindName;
  readonly configuration: Configuration;
  readonly sites: Sites;
  readonly address: RedisAddress;
  /** Where results go. */
  readonly directory: string;
}

export class LocalWorkers implements MeasuredWorkers {
  readonly type = 'own';
  private readonly terms: LocalWorkersTerms;
  private readonly id = newWorkerId('compare');
  private readonly logger: Logger;
  private readonly aside: SetAside;
  private worker: Worker | undefined;
  private concurrency = 0;

  constructor(terms: LocalWorkersTerms) {
    this.terms = terms;
    this.aside = new SetAside(terms.directory);
    // What a worker tells at `info` would stand between the bars.
    this.logger = createLogger(quieter(terms.configuration.logLevel));
  }

  /**
   * Each run begins with nothing kept, as a first download does. To replace a file costs ten times
   * what it costs to make one (ext4, flushed: a rename of 0.33 against 0.04 ms, in the event loop),
   * so that later passes would measure something else than the first.
   */
  async ready(concurrency: number): Promise<void> {
    await this.aside.take([kindOf(this.terms.kind).plural]);
    if (this.worker !== undefined && concurrency === this.concurrency) return;
    await this.close();
    this.worker = await this.open(concurrency);
    this.concurrency = concurrency;
    await this.worker.start();
  }

  /** Resolves when the worker has stopped, its results are closed and those of earlier runs deleted. */
  async stop(): Promise<void> {
    await this.close();
    await this.aside.remove();
  }

  private async close(): Promise<void> {
    await this.worker?.stop();
    this.worker = undefined;
  }

  private open(concurrency: number): Promise<Worker> {
    const { kind, sites, address, directory, configuration } = this.terms;
    const options = workerOptions(configuration, {
      id: this.id,
      address,
      queues: new Map([
        [queueOf(kind, false), concurrency],
        [queueOf(kind, true), 1],
      ]),
      concurrencyMax: concurrency,
      sites,
      out: directory,
      graceMs: GRACE_MS,
      logger: this.logger,
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
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Moves what is there of `names` out of the directory. */
  async take(names: readonly string[]): Promise<void> {
    const place = join(this.directory, FOLDER, randomBytes(6).toString('hex'));
    await ensureDirectory(place);
    for (const name of names) {
      await renameIfThere(join(this.directory, name), join(place, name));
    }
  }

  /** Deletes all that was moved, by an earlier process too. */
  async remove(): Promise<void> {
    await rm(join(this.directory, FOLDER), { recursive: true, force: true });
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
