import type { Job } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger, RateLimitedLog } from '../../shared/base/logger.js';
import { JobFailure, type Reason } from '../../shared/base/outcome.js';
import type { EndingRecord } from '../../shared/queues/job.js';
import { WorkLog } from '../../worker/work-log.js';

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function openLog(isVerbose = false): WorkLog {
  const logger = createLogger('info', (line) =>
    lines.push((JSON.parse(line) as { msg: string }).msg),
  );
  return new WorkLog(new RateLimitedLog(logger), isVerbose);
}

/** What of a job is looked at. */
function job(id: string, data: object): Job {
  return { id, data } as Job;
}

function comic(number: number): Job {
  return job(`r7.${number}`, { id: number });
}

function ending(reason: Reason, bytes = 0): EndingRecord {
  return [reason, 0, 55, 50, bytes, 1, 200];
}

function failure(reason: Reason, detail: string): Error {
  const cause = new JobFailure(reason, detail);
  return new Error(cause.message, { cause });
}

it('sums up what the worker has done', () => {
  const log = openLog();

  const idle = log.summary();
  for (let number = 1; number <= 1200; number += 1)
    log.answered('comic', comic(number), ending('stored', 9));
  log.answered('comic', comic(404), ending('not-found'));
  log.failed('comic', comic(5), failure('timeout', 'too slow'));
  log.failed('comic', comic(6), failure('timeout', 'too slow'));
  log.failed('comic', comic(7), failure('not-json', 'it begins with "<"'));
  log.failed('comic', comic(8), failure('cancelled', 'run-7 was cancelled'));
  log.failed('comic', comic(9), new Error('job stalled more than allowable limit'));
  vi.advanceTimersByTime(12 * 60_000);

  expect(idle).toBe('left after 1 s: no job ended here');
  expect(log.summary()).toBe(
    'left after 12 min: 1,200 stored, 1 missing, 1 cancelled, 4 failed (2 timeout, 1 not-json, 1 killed-workers)',
  );
  expect(log.failures).toBe(4);
});

it('has a line for each job on request only', () => {
  const [quiet, verbose] = [openLog(), openLog(true)];

  for (const log of [quiet, verbose]) {
    log.answered('comic', comic(614), ending('stored', 1234));
    log.answered('comic', comic(615), ending('kept'));
    log.answered('search', job('r8.1', { term: 'your name' }), ending('stored', 812));
    log.answered('comic', job('r9.1', { other: 1 }), ending('kept'));
    log.failedFor('comic', comic(616), failure('timeout', 'too slow'));
  }

  expect(lines).toEqual([
    'comic 614 stored 1.23 kB 55.0 ms',
    'comic 615 kept 55.0 ms',
    'search your name stored 812 B 55.0 ms',
    'job r9.1 kept 55.0 ms',
    'comic 616 is tried again: timeout: too slow',
  ]);
});

it('names what failed, and counts what failed within the same second', () => {
  const log = openLog();

  for (const number of [1, 2, 3]) log.failed('comic', comic(number), failure('dns', 'no name'));
  vi.advanceTimersByTime(1000);
  log.failed('comic', undefined, failure('dns', 'no name'));
  log.failed('comic', comic(5), failure('dns', 'no name'));
  log.summary();

  expect(lines).toEqual([
    'comic 1 failed: dns: no name',
    '2 more jobs failed',
    'a job of comics failed: dns: no name',
    '1 more job failed',
  ]);
});
