/** Finds the run that a person named. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import { runName } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { readRun } from '../shared/runs/run-store.js';
import type { Run } from '../shared/runs/run.js';

/** @throws CommandError (no input) when there is no such run. */
export async function requireRun(connection: RedisConnection, number: number): Promise<Run> {
  const run = await readRun(connection, number);
  if (run === undefined) throw noSuchRun(number);
  return run;
}

export function noSuchRun(number: number): CommandError {
  return new CommandError(
    EXIT.noInput,
    `Cannot find ${runName(number)}: there is no such run. List them with: comic-queue runs`,
  );
}
