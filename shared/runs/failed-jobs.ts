/** The jobs of a run that failed for good: listed by position, in pages. */

import { z } from 'zod';
import { isReason, type Reason } from '../base/outcome.js';
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

const FailedLine = z.tuple([z.number(), z.string(), z.string(), z.string()]);

/** Yields the failed jobs of a run in order of position, without loading them all. */
export async function* failedJobs(
  connection: RedisConnection,
  run: Run,
): AsyncGenerator<FailedJob> {
  let after = 0;
  while (true) {
    const lines = await connection.zrangebyscore(
      KEYS.failed(run.number),
      `(${after}`,
      '+inf',
      'LIMIT',
      0,
      PAGE_JOBS,
    );
    for (const line of lines) {
      const job = parseLine(run, line);
      after = Math.max(after, job.position);
      yield job;
    }
    if (lines.length < PAGE_JOBS) return;
  }
}

function parseLine(run: Run, line: string): FailedJob {
  const [position, reason, data, detail] = FailedLine.parse(JSON.parse(line));
  return {
    position,
    reason: isReason(reason) ? reason : 'defect',
    input: parseData(run.kind, parseJson(data))?.input,
    detail,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
