/** What a worker is told, made in one place for `work`, `compare`, `demo` and the tests. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { WorkerOptions } from '../worker/worker.js';
import type { Configuration } from './configuration.js';
import { programVersion, userAgentOf } from './version.js';

const HOST_LENGTH_MAX = 40;

/** What each worker has of its own, and what a caller may want otherwise than configured. */
export type OwnWorkerOptions = Pick<WorkerOptions, 'id' | 'address' | 'queues' | 'out' | 'logger'> &
  Partial<Pick<WorkerOptions, 'concurrencyMax' | 'sites' | 'graceMs' | 'drain'>>;

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
