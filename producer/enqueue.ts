/** Makes a run of a plan, and adds its jobs to the queue. */

import type { Queue } from 'bullmq';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { type AnyInput, type KindName, KINDS } from '../shared/kinds/kinds.js';
import { queuedJob, runName } from '../shared/queues/job.js';
import { queueOf, openQueue, openRunsQueue, prepareQueue } from '../shared/queues/queue.js';
import { openRedisClock, type RedisClock } from '../shared/redis/clock.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { KEYS } from '../shared/redis/keys.js';
import { formatCount } from '../shared/report/format.js';
import { acknowledge, addTrackerJob, createRun, moveRun } from '../shared/runs/run-store.js';
import { PRODUCER_ALIVE_MS, PRODUCER_HEARTBEAT_MS, type RunState } from '../shared/runs/run.js';
import type { RunPlan } from './plan.js';

/**
 * Makes a run and adds all its jobs.
 *
 * @throws CommandError: unavailable when Redis fails or is full, interrupted when the signal
 * aborts. Once the run is made, the message names it and how to go on.
 */
export async function enqueueRun(plan: RunPlan, terms: AddingTerms): Promise<Enqueued> {
  terms.signal.throwIfAborted();
  const run = await makeRun(plan, terms.connection);
  return addJobs(plan, run, 0, terms);
}

async function makeRun(plan: RunPlan, connection: RedisConnection): Promise<number> {
  const runsQueue = openRunsQueue(connection);
  try {
    const clock = await openRedisClock(connection);
    return await createRun(connection, runsQueue, plan.run, clock.now());
  } catch (error) {
    throw new CommandError(
      EXIT.unavailable,
      `Cannot make a run: ${errorText(error)}. Nothing was queued; see to Redis and try again`,
      { cause: error },
    );
  } finally {
    await runsQueue.close();
  }
}

/**
 * Jobs of one call of `addBulk`. Larger ones cost more: their objects outlive the cheap garbage
 * collections (measured: 1,000 take a fifth more processor time), the producer grows (250 at a time:
 * 197 MB at 600,000 jobs; 100: 184 to 188), and other clients of Redis wait.
 */
const CHUNK_JOBS = 100;

/**
 * Calls under way at once: Redis works on some while the next are made (measured: six are a quarter
 * faster than four or three). A tracker relies on it: no more than 2,000 jobs may be in Redis without
 * having been acknowledged.
 */
const CHUNKS_IN_FLIGHT = 6;

export interface AddingTerms {
  readonly connection: RedisConnection;
  /** Stops the adding between two chunks; the run stays open and can be resumed. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: AddingProgress) => void;
}

export interface AddingProgress {
  readonly run: number;
  /** Jobs that Redis has acknowledged. */
  readonly queued: number;
  readonly total: number;
}

export interface Enqueued {
  readonly run: number;
  /** Jobs of the run that are in Redis. */
  readonly queued: number;
  /** `cancelled`: somebody gave the run up while its jobs were being added. */
  readonly state: 'sealed' | 'cancelled';
}

/**
 * Adds the jobs of an open run after the first `done` of them, and seals it. Ids are fixed by
 * position, so adding a job again changes nothing.
 *
 * @throws CommandError that names the run and how to go on: unavailable when Redis fails or is
 * full, interrupted when the signal aborts.
 */
export async function addJobs(
  plan: RunPlan,
  run: number,
  done: number,
  terms: AddingTerms,
): Promise<Enqueued> {
  const queue = queueOf(plan.run.kind, plan.run.baseline);
  const bullQueue = openQueue(queue.name, terms.connection);
  let adding: JobAdding | undefined;
  try {
    const clock = await openRedisClock(terms.connection);
    await prepareQueue(bullQueue, queue);
    adding = new JobAdding(plan, { run, bullQueue, clock, done }, terms);
    return { run, ...(await adding.finish()) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw incomplete(plan, run, adding?.acknowledged ?? done, error);
  } finally {
    adding?.stop();
    await bullQueue.close();
  }
}

interface AddingPlace {
  readonly run: number;
  readonly bullQueue: Queue;
  readonly clock: RedisClock;
  readonly done: number;
}

class JobAdding {
  /** Jobs known to be in Redis: all up to this position. */
  acknowledged: number;
  private readonly plan: RunPlan;
  private readonly place: AddingPlace;
  private readonly terms: AddingTerms;
  private readonly heartbeat: NodeJS.Timeout;
  private state: RunState | undefined = 'open';
  private saying: Promise<void> = Promise.resolve();
  private trouble: Error | undefined;

  constructor(plan: RunPlan, place: AddingPlace, terms: AddingTerms) {
    this.plan = plan;
    this.place = place;
    this.terms = terms;
    this.acknowledged = place.done;
    // Chunks say it too; this is for those that Redis takes long over.
    this.heartbeat = setInterval(() => this.say(), PRODUCER_HEARTBEAT_MS / 2);
  }

  async finish(): Promise<Omit<Enqueued, 'run'>> {
    const { connection, signal } = this.terms;
    await this.addAll();
    if (signal.aborted && this.acknowledged < this.plan.run.total) {
      this.stop();
      // Whoever goes on with the run need not wait until this producer counts as silent.
      await this.acknowledge(PRODUCER_ALIVE_MS);
      throw interrupted(this.plan, this.place.run, this.acknowledged, signal);
    }
    if (await this.mayGoOn()) {
      this.state = await moveRun(connection, this.place.run, { to: 'sealed', from: ['open'] });
    }
    return {
      queued: this.acknowledged,
      state: this.state === 'cancelled' ? 'cancelled' : 'sealed',
    };
  }

  stop(): void {
    clearInterval(this.heartbeat);
  }

  /** However it ends, nothing of it is under way any more. */
  private async addAll(): Promise<void> {
    const underWay: Promise<number>[] = [];
    let added = this.place.done;
    try {
      for (const inputs of chunksOf(this.plan.inputs(added))) {
        if (this.terms.signal.aborted || !(await this.mayGoOn())) break;
        underWay.push(this.add(inputs, added));
        added += inputs.length;
        if (underWay.length === CHUNKS_IN_FLIGHT) await this.settle(underWay.shift());
      }
      while (underWay.length > 0) await this.settle(underWay.shift());
    } finally {
      await Promise.allSettled(underWay);
      await this.saying;
    }
  }

  /** Adds inputs after the first `before` jobs; resolves with the last position. */
  private add(inputs: readonly AnyInput[], before: number): Promise<number> {
    const { kind, refetch, attempts } = this.plan.run;
    const { run, bullQueue } = this.place;
    const jobs = inputs.map((input, index) =>
      queuedJob(kind, { run, position: before + index + 1 }, { input, refetch }, attempts),
    );
    const added = bullQueue.addBulk(jobs).then(() => before + inputs.length);
    // It is awaited later, in its turn; until then its failure is not an unhandled one.
    added.catch(() => {});
    return added;
  }

  private async settle(chunk: Promise<number> | undefined): Promise<void> {
    this.acknowledged = (await chunk) ?? this.acknowledged;
    this.say();
    this.terms.onProgress?.({
      run: this.place.run,
      queued: this.acknowledged,
      total: this.plan.run.total,
    });
  }

  /** Not awaited: it would wait for the next chunk, which is on its way to Redis already. */
  private say(): void {
    this.saying = this.acknowledge();
  }

  /** @param silentMs for how long this producer is to count as silent already */
  private async acknowledge(silentMs = 0): Promise<void> {
    const { clock, run } = this.place;
    const heardAtMs = clock.now() - silentMs;
    try {
      this.state = await acknowledge(this.terms.connection, run, this.acknowledged, heardAtMs);
    } catch (error) {
      this.trouble = new Error(errorText(error), { cause: error });
    }
  }

  private async mayGoOn(): Promise<boolean> {
    const { run } = this.place;
    if (this.trouble !== undefined) throw this.trouble;
    if (this.state === undefined) throw vanished(run);
    // A machine that slept for a minute finds its run given up.
    if (this.state === 'abandoned') {
      this.state = await reopenRun(
        this.terms.connection,
        run,
        this.plan.run,
        this.place.clock.now(),
      );
    }
    return this.state === 'open';
  }
}

/**
 * Moves an abandoned run back to `open` and puts it up for keeping again. Where its tracker had ended
 * it, that end is taken back: the run is live again. May be repeated.
 *
 * @returns the state the run is in afterwards; undefined when there is no such run.
 */
export async function reopenRun(
  connection: RedisConnection,
  number: number,
  { kind, total }: { readonly kind: KindName; readonly total: number },
  nowMs: number,
): Promise<RunState | undefined> {
  const state = await moveRun(connection, number, {
    to: 'open',
    from: ['open', 'abandoned'],
    fields: { heartbeatAtMs: nowMs },
  });
  if (state !== 'open') return state;
  await connection
    .multi()
    .hdel(KEYS.run(number), 'endedAtMs', 'report')
    .del(KEYS.series(number))
    .exec();
  const runsQueue = openRunsQueue(connection);
  await addTrackerJob(runsQueue, number, `${runName(number)} · ${total} ${KINDS[kind].plural}`);
  await runsQueue.close();
  return state;
}

function* chunksOf(inputs: Iterable<AnyInput>): Generator<AnyInput[]> {
  let chunk: AnyInput[] = [];
  for (const input of inputs) {
    chunk.push(input);
    if (chunk.length < CHUNK_JOBS) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function incomplete(plan: RunPlan, run: number, queued: number, cause: unknown): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `Cannot add all jobs of ${runName(run)}: ${errorText(cause)}. ${howToGoOn(plan, run, queued)}`,
    { cause },
  );
}

function interrupted(
  plan: RunPlan,
  run: number,
  queued: number,
  { reason }: AbortSignal,
): CommandError {
  const exitCode = reason instanceof CommandError ? reason.exitCode : EXIT.interrupted;
  return new CommandError(
    exitCode,
    `Interrupted while adding the jobs of ${runName(run)}. ${howToGoOn(plan, run, queued)}`,
  );
}

function vanished(run: number): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `Cannot go on with ${runName(run)}: it is not in Redis any more. Somebody may have emptied it; enqueue again`,
  );
}

function howToGoOn(plan: RunPlan, run: number, queued: number): string {
  const again = plan.run.selection === '' ? ' with the same selection' : '';
  const count = `${formatCount(queued)} of ${formatCount(plan.run.total)} are queued`;
  return `${count}; go on with: comic-queue enqueue --resume ${runName(run)}${again}`;
}
