/** The failed jobs of a run, to be tried again. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import { type AnyInput, kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { failedJobs } from '../shared/runs/failed-jobs.js';
import type { Run } from '../shared/runs/run.js';
import { collectPlan, type RunPlan } from './plan.js';

export interface RetryTerms {
  readonly connection: RedisConnection;
  readonly signal: AbortSignal;
  /** An existing directory in which a long selection is spooled. */
  readonly spoolDir: string;
}

/**
 * The plan of a new run that tries the failed jobs of a run again, each input once, in the same lane
 * and with the same settings.
 *
 * @throws CommandError (usage) when no job of the run has failed.
 */
export async function retryPlan(run: Run, terms: RetryTerms): Promise<RunPlan> {
  const { kind, baseline, attempts, refetch, site } = run;
  const settings = { kind, baseline, attempts, refetch, times: 1, retryOf: run.number };
  return collectPlan(settings, { ...terms, site: { url: site } }, async (collector) => {
    let failed = 0;
    for await (const input of failedInputs(terms.connection, run)) {
      collector.add({ length: 1, text: kindOf(kind).format(input), at: () => input });
      failed += 1;
    }
    if (failed === 0) throw nothingFailed(run);
  });
}

/** Jobs that did not carry what their kind asks for have no input to try again. */
async function* failedInputs(connection: RedisConnection, run: Run): AsyncGenerator<AnyInput> {
  for await (const { input } of failedJobs(connection, run)) {
    if (input !== undefined) yield input;
  }
}

function nothingFailed({ number }: Run): CommandError {
  return new CommandError(
    EXIT.usage,
    `Cannot retry ${runName(number)}: none of its jobs has failed. See it with: comic-queue status ${runName(number)}`,
  );
}
