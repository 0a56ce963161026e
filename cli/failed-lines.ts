/** A job that failed for good, as text that is valid input again. */

import { lineOfWord } from '../producer/plan.js';
import { safeText } from '../shared/base/safe-text.js';
import { kindOf } from '../shared/kinds/kinds.js';
import { jobId } from '../shared/queues/job.js';
import type { FailedJob } from '../shared/runs/failed-jobs.js';
import type { Run } from '../shared/runs/run.js';

/** The reason as a comment, then the input; only the comment where there is no readable input. */
export function failedLines(run: Run, job: FailedJob): string[] {
  const comment = `# ${jobId({ run: run.number, position: job.position })} ${safeText(job.detail || job.reason)}`;
  return job.input === undefined
    ? [comment]
    : [comment, lineOfWord(kindOf(run.kind).format(job.input))];
}

/** The same as a JSON document. */
export function failedDocument(run: Run, job: FailedJob): object {
  return {
    job: jobId({ run: run.number, position: job.position }),
    input: job.input ?? null,
    reason: job.reason,
    detail: job.detail,
  };
}
