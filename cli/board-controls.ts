/** What a writable board may do, done as the commands do it. */

import type { BoardControls } from '../dashboard/options.js';
import { cancelRun } from '../producer/cancel.js';
import { enqueueRun } from '../producer/enqueue.js';
import { retryPlan } from '../producer/resume.js';
import { runName } from '../shared/queues/job.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { requireRun } from '../shared/runs/run-store.js';
import { cancelledText } from './commands/cancel.js';
import { pauseQueue, resumeQueue } from './commands/pause.js';
import { changeRate, requireRateOf } from './commands/rate.js';
import { countsText } from './run-text.js';

/** `signal` ends what is under way when the board is stopped. */
export function boardControls(connection: RedisConnection, signal: AbortSignal): BoardControls {
  return {
    cancel: async (run) => cancelledText(await cancelRun(connection, run, signal)),
    async retry(run) {
      const plan = await retryPlan(await requireRun(connection, run), { connection, signal });
      const enqueued = await enqueueRun(plan, { connection, signal });
      const { asked, duplicates } = plan.run;
      const counts = countsText({ asked, duplicates, queued: enqueued.queued });
      const text = `${runName(enqueued.run)} tries again what failed in ${runName(run)}: ${counts}`;
      return { run: enqueued.run, text };
    },
    pause: (queue) => pauseQueue(connection, queue),
    resume: (queue) => resumeQueue(connection, queue),
    rate: async (kind, rate) => `${await changeRate(connection, requireRateOf(kind, rate))}.`,
  };
}
