/** Plans and runs for tests: a request with everything but its words left at the defaults. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { enqueueRun } from '../../producer/enqueue.js';
import { planRun, type PlanContext, type RunPlan, type RunRequest } from '../../producer/plan.js';
import type { AnyInput, KindName } from '../../shared/kinds/kinds.js';
import type { WorkPlace } from '../support/work-place.js';

const SITE = { url: 'http://127.0.0.1:1/{id}' };

export const NEVER_STOPPED = new AbortController().signal;

/** Plans words of a kind as if they had been typed. */
export async function plan(
  kind: KindName,
  words: string,
  request: Partial<RunRequest> = {},
  context: Partial<PlanContext> = {},
): Promise<RunPlan> {
  return planRun(
    {
      kind,
      words: words === '' ? [] : words.split(' '),
      inputFiles: [],
      baseline: false,
      times: 1,
      attempts: 3,
      refetch: false,
      ...request,
    },
    {
      site: SITE,
      latest: () => Promise.reject(new Error('The site was asked')),
      stdin: Readable.from([]),
      signal: NEVER_STOPPED,
      ...context,
    },
  );
}

/** Enqueues sleeps; resolves with the number of their run. */
export async function enqueueSleeps({ connection }: WorkPlace, words: string): Promise<number> {
  const planned = await plan('sleep', words);
  return (await enqueueRun(planned, { connection, signal: NEVER_STOPPED })).run;
}

/** All inputs of a plan, after the first `done`. */
export function inputsOf(planned: RunPlan, done = 0): AnyInput[] {
  return [...planned.inputs(done)];
}

/** A directory of a test's own. */
export function newDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'cq-producer-'));
}
