/** The jobs of a run that failed for good, or were missing, listed by position. */

import { z } from 'zod';
import { isReason, type Reason, REASONS } from '../base/outcome.js';
import type { AnyInput } from '../kinds/kinds.js';
import { parseData } from '../queues/job.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import type { Run } from './run.js';

const PAGE_JOBS = 1000;

export interface FailedJob {
  readonly position: number;
  readonly reason: Reason;
  /** Undefined where the job did not carry what its kind asks for. */
  readonly input: AnyInput | undefined;
  readonly detail: string;
}

/** As `fold.lua` writes it: position, reason, data as JSON, detail (which a missing job lacks). */
const FailedLine = z.tuple([z.number(), z.string(), z.string(), z.string()]);

/** Yields the failed jobs of a run by position, a page in memory at a time. A line that is none is left out. */
export function failedJobs(connection: RedisConnection, run: Run): AsyncGenerator<FailedJob> {
  return listedJobs(connection, run, KEYS.failed(run.number));
}

/** As {@link failedJobs}, for the jobs that the site had nothing for: the first 100,000 that ended. */
export function missingJobs(connection: RedisConnection, run: Run): AsyncGenerator<FailedJob> {
  return listedJobs(connection, run, KEYS.missing(run.number));
}

async function* listedJobs(
  connection: RedisConnection,
  run: Run,
  key: string,
): AsyncGenerator<FailedJob> {
  let after = '0';
  while (true) {
    const page = await connection.zrangebyscore(
      key,
      `(${after}`,
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      PAGE_JOBS,
    );
    for (let index = 0; index < page.length; index += 2) {
      const job = parseLine(run, page[index] ?? '');
      if (job !== undefined) yield job;
    }
    after = page.at(-1) ?? after;
    if (page.length < 2 * PAGE_JOBS) return;
  }
}

function parseLine(run: Run, line: string): FailedJob | undefined {
  const parsed = FailedLine.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const [position, code, data, detail] = parsed.data;
  const reason = isReason(code) ? code : 'defect';
  return {
    position,
    reason,
    input: parseData(run.kind, parseJson(data))?.input,
    detail: detail === '' ? `${reason}: ${REASONS[reason].meaning}` : detail,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
