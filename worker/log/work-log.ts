/** What a worker has done, told: each job on request, what failed, and the sum of it when it leaves. */

import type { Job } from 'bullmq';
import type { RateLimitedLog } from '../../shared/base/logger.js';
import { isReason, JobFailure, OUTCOMES, type Reason, REASONS } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { kindOf, type KindName } from '../../shared/kinds/kinds.js';
import { type EndingRecord, parseData } from '../../shared/queues/job.js';
import {
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatRoughDuration,
} from '../../shared/report/format.js';

/** A line about failures this often, however many jobs fail. */
const FAILURES_EVERY_MS = 1000;

const INPUT_LENGTH_MAX = 80;
const WHY_LENGTH_MAX = 300;

export class WorkLog {
  readonly #log: RateLimitedLog;
  readonly #isVerbose: boolean;
  readonly #startedAtMs = performance.now();
  readonly #counts = new Map<Reason, number>();
  /** Failures since the last line about one, and when that was. */
  #untold = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param isVerbose whether each job has a line of its own; else a job costs a count */
  constructor(log: RateLimitedLog, isVerbose: boolean) {
    this.#log = log;
    this.#isVerbose = isVerbose;
  }

  /** Jobs that failed for good here; those of cancelled runs are not among them. */
  get failures(): number {
    return sum([...this.#counts].filter(([reason]) => isFailed(reason)));
  }

  /** A job ended with an answer. */
  answered(kind: KindName, job: Job, [reason, , elapsedMs, , bytes]: EndingRecord): void {
    this.#count(reason);
    if (!this.#isVerbose) return;
    const size = bytes === 0 ? '' : ` ${formatBytes(bytes)}`;
    const { outcome } = REASONS[reason];
    const line = `${jobText(kind, job)} ${outcome}${size} ${formatMilliseconds(elapsedMs)}`;
    this.#log.info(line, { job: job.id, kind, outcome, bytes, elapsedMs });
  }

  /** An attempt failed, and the job is tried again. */
  failedFor(kind: KindName, job: Job, error: Error): void {
    if (!this.#isVerbose) return;
    const text = `${jobText(kind, job)} is tried again: ${safeText(error.message, WHY_LENGTH_MAX)}`;
    this.#log.info(text, { job: job.id, kind });
  }

  /** A job failed for good. Of many within a second, one has a line, and the others are counted. */
  failed(kind: KindName, job: Job | undefined, error: Error): void {
    const reason = error.cause instanceof JobFailure ? error.cause.reason : reasonOf(error);
    this.#count(reason);
    if (reason === 'cancelled') return;
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < FAILURES_EVERY_MS && !this.#isVerbose) {
      this.#untold += 1;
      this.#timer ??= setTimeout(() => this.#tellRest(), FAILURES_EVERY_MS).unref();
      return;
    }
    this.#tellRest();
    this.#toldAtMs = nowMs;
    const which = job === undefined ? `a job of ${kindOf(kind).plural}` : jobText(kind, job);
    const text = `${which} failed: ${safeText(error.message, WHY_LENGTH_MAX)}`;
    this.#log.always(text, { job: job?.id, kind, reason });
  }

  /** `left after 12 min: 8,412 stored, 3 failed (2 timeout, 1 not-json)`. */
  summary(): string {
    this.#tellRest();
    const time = formatRoughDuration(performance.now() - this.#startedAtMs);
    const parts = OUTCOMES.flatMap((outcome) => {
      const count = sum([...this.#counts].filter(([reason]) => isAnswer(reason, outcome)));
      return count === 0 ? [] : [`${formatCount(count)} ${outcome}`];
    });
    const failed = [...this.#counts].filter(([reason]) => isFailed(reason));
    if (failed.length > 0) {
      const reasons = failed.map(([reason, count]) => `${formatCount(count)} ${reason}`);
      parts.push(`${formatCount(sum(failed))} failed (${reasons.join(', ')})`);
    }
    return `left after ${time}: ${parts.join(', ') || 'no job ended here'}`;
  }

  #count(reason: Reason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  #tellRest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const count = this.#untold;
    this.#untold = 0;
    if (count > 0) {
      const jobs = count === 1 ? 'job' : 'jobs';
      this.#log.always(`${formatCount(count)} more ${jobs} failed`, { count });
    }
  }
}

/** `comic 614`, or the id of a job that does not carry what its kind asks for. */
function jobText(kind: KindName, job: Job): string {
  const input = parseData(kind, job.data)?.input;
  return input === undefined
    ? `job ${safeText(job.id ?? '', INPUT_LENGTH_MAX)}`
    : `${kind} ${safeText(kindOf(kind).format(input), INPUT_LENGTH_MAX)}`;
}

/** BullMQ fails a job itself when its workers have died too often. */
function reasonOf({ message }: Error): Reason {
  const [code = ''] = message.split(':', 1);
  return isReason(code) ? code : 'killed-workers';
}

function isFailed(reason: Reason): boolean {
  return reason !== 'cancelled' && REASONS[reason].reaction !== 'complete';
}

function isAnswer(reason: Reason, outcome: string): boolean {
  return !isFailed(reason) && REASONS[reason].outcome === outcome;
}

function sum(counts: readonly (readonly [Reason, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0);
}
