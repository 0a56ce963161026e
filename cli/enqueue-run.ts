/** Adding the jobs of a plan, and saying what became of it. */

import { type AddingProgress, type Enqueued, enqueueRun } from '../producer/enqueue.js';
import type { RunPlan } from '../producer/plan.js';
import { resumeRun } from '../producer/resume.js';
import { requireRun } from '../producer/wait.js';
import { EXIT, type ExitCode } from '../shared/base/errors.js';
import { kindOf } from '../shared/kinds/kinds.js';
import { runName } from '../shared/queues/job.js';
import { listWorkers } from '../shared/queues/worker-presence.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { formatCount } from '../shared/report/format.js';
import { readReport } from '../shared/report/read-report.js';
import type { Run } from '../shared/runs/run.js';
import { openProgress } from './progress/progress-display.js';
import { countsText } from './report-lines.js';
import { withSpool } from './run-plan.js';
import { runDocument } from './run-table.js';
import { waitAndReport } from './run-waiting.js';
import type { Session } from './session.js';

/** What is to be done with a run once it is made. */
export interface AfterEnqueue {
  readonly json: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number | undefined;
}

/** Adds a plan's jobs as a new run. */
export async function enqueuePlan(
  session: Session,
  plan: RunPlan,
  after: AfterEnqueue,
): Promise<ExitCode> {
  const { connection } = await session.redis();
  const enqueued = await withAddingProgress(session, plan.run.kind, (onProgress) =>
    enqueueRun(plan, { connection, signal: session.signal, onProgress }),
  );
  return finish(session, enqueued, after);
}

/** Adds what is missing of a run; `plan` where its selection has to be given again. */
export async function resumeEnqueuing(
  session: Session,
  number: number,
  plan: RunPlan | undefined,
  after: AfterEnqueue,
): Promise<ExitCode> {
  const { connection } = await session.redis();
  const { kind } = await requireRun(connection, number);
  const enqueued = await withSpool((spoolDir) =>
    withAddingProgress(session, kind, (onProgress) =>
      resumeRun(number, plan, { connection, signal: session.signal, spoolDir, onProgress }),
    ),
  );
  return finish(session, enqueued, after);
}

async function withAddingProgress<T>(
  session: Session,
  kind: Run['kind'],
  add: (onProgress: (progress: AddingProgress) => void) => Promise<T>,
): Promise<T> {
  const display = await openProgress(session.terminal);
  try {
    return await add(({ run, queued, total }) =>
      display.show({
        name: runName(run),
        noun: kindOf(kind).plural,
        done: queued,
        total,
        course: 'queued',
      }),
    );
  } finally {
    display.end();
  }
}

async function finish(
  session: Session,
  enqueued: Enqueued,
  after: AfterEnqueue,
): Promise<ExitCode> {
  const { connection } = await session.redis();
  const { terminal } = session;
  const run = await requireRun(connection, enqueued.run);
  const { kind, asked, duplicates } = run;
  const times = run.times > 1 ? ` (each ${formatCount(run.times)} times)` : '';
  const counts = countsText({ asked, duplicates, queued: enqueued.queued });
  terminal.note(`${runName(run.number)}: ${counts} in ${run.lane.name}${times}`);
  if (enqueued.state === 'cancelled') terminal.note(cancelledMeanwhile(run, enqueued.queued));
  if (after.wait) {
    const waiting = { number: run.number, kind, timeoutMs: after.timeoutMs };
    return waitAndReport(session, waiting, after.json);
  }
  if (after.json) terminal.printJson(runDocument(await readReport(connection, run)));
  else terminal.print(runName(run.number));
  if (enqueued.state === 'cancelled') return EXIT.jobFailed;
  for (const line of await nextSteps(connection, run)) terminal.note(line);
  return EXIT.ok;
}

function cancelledMeanwhile({ number, total }: Run, queued: number): string {
  return `${runName(number)} was cancelled when ${formatCount(queued)} of ${formatCount(total)} jobs were queued: none of these will be begun.`;
}

async function nextSteps(connection: RedisConnection, run: Run): Promise<string[]> {
  const workers = await listWorkers(connection);
  const worked = workers.some(({ lanes }) => run.lane.name in lanes);
  return [
    ...(worked ? [] : ['No worker is connected. Start one: comic-queue work']),
    `Wait for it: comic-queue wait ${runName(run.number)}`,
  ];
}
