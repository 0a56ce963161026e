/**
 * The worker that a comparison brings. It lives in this process: waiting for the run and drawing its
 * bar take 2 % of the processor time that working it takes (measured), while a process of its own
 * would take a second to start.
 */

import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, type Logger } from '../../shared/base/logger.js';
import { kindOf, type KindName } from '../../shared/kinds/kinds.js';
import type { Sites } from '../../shared/kinds/site.js';
import { laneOf } from '../../shared/queues/lane.js';
import type { RedisAddress } from '../../shared/redis/address.js';
import { openWorker } from '../../worker/open-worker.js';
import type { WorkerService } from '../../worker/worker.js';
import type { Configuration } from '../configuration.js';
import { userAgentOf } from '../user-agent.js';
import { programVersion } from '../version.js';
import type { Crew } from './comparison.js';

/** What is under way when a comparison stops belongs to a run that was given up. */
const GRACE_MS = 500;

export interface OwnCrewTerms {
  readonly kind: KindName;
  readonly configuration: Configuration;
  readonly sites: Sites;
  readonly address: RedisAddress;
  /** Where results go. */
  readonly directory: string;
}

export class OwnCrew implements Crew {
  readonly type = 'own';
  private readonly terms: OwnCrewTerms;
  private readonly id = `compare-${process.pid}-${randomBytes(3).toString('hex')}`;
  private readonly logger: Logger;
  private worker: WorkerService | undefined;
  private concurrency = 0;

  constructor(terms: OwnCrewTerms) {
    this.terms = terms;
    // What a worker tells at `info` would stand between the bars.
    this.logger = createLogger(quieter(terms.configuration.logLevel));
  }

  async ready(concurrency: number): Promise<void> {
    await this.removeResults();
    if (this.worker !== undefined && concurrency === this.concurrency) return;
    await this.stop();
    this.worker = await this.open(concurrency);
    this.concurrency = concurrency;
    await this.worker.start();
  }

  /** Resolves when the worker has stopped and its results are closed. */
  async stop(): Promise<void> {
    await this.worker?.stop();
    this.worker = undefined;
  }

  /**
   * Each run begins with nothing kept, as a first download does. To replace a file costs ten times
   * what it costs to make one (ext4, flushed: a rename of 0.33 against 0.04 ms, in the event loop),
   * so that later passes would measure something else than the first.
   */
  private async removeResults(): Promise<void> {
    const folder = join(this.terms.directory, kindOf(this.terms.kind).plural);
    for (const name of await namesIn(folder)) await rm(join(folder, name), { force: true });
  }

  private open(concurrency: number): Promise<WorkerService> {
    const { kind, sites, address, directory, configuration } = this.terms;
    return openWorker({
      id: this.id,
      version: programVersion(),
      address,
      lanes: new Map([
        [laneOf(kind, false), concurrency],
        [laneOf(kind, true), 1],
      ]),
      concurrencyMax: concurrency,
      sites,
      out: directory,
      durability: configuration.durability,
      userAgent: userAgentOf(configuration.contact),
      fetchDeadlineMs: configuration.fetchDeadlineMs,
      bodyBytesMax: configuration.bodyBytesMax,
      giveUpAfterMs: configuration.giveUpAfterMs,
      blockPauseMs: configuration.blockPauseMs,
      lockMs: configuration.lockMs,
      graceMs: GRACE_MS,
      drain: false,
      logger: this.logger,
    });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function quieter(level: Configuration['logLevel']): Configuration['logLevel'] {
  return level === 'info' ? 'warn' : level;
}
