/** What became of a run that somebody gave up, in a sentence or two. */

import type { Cancelled } from '../producer/cancel.js';
import { runName } from '../shared/queues/job.js';
import { formatCount } from '../shared/report/format.js';

/** Says how much was done and how much will not be. */
export function cancelledText({ run, done, left, ended, workers }: Cancelled): string {
  const name = runName(run.number);
  if (run.state !== 'cancelled') return `${name} had ${run.state} before: nothing to cancel.`;
  const counts = `${formatCount(done)} jobs had ended, ${formatCount(left)} will not be done.`;
  if (ended) return `${name} is cancelled: ${counts}`;
  const end =
    workers === 0
      ? 'A worker will end it as soon as one is connected.'
      : 'It ends when the jobs under way have.';
  return `${name} is cancelled: ${counts} ${end}`;
}
