/** Makes a run of a plan, and adds its jobs to the queue. */

import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import { CommandError, EXIT } from '../shared/base/errors.js';
import { proposed } from '../shared/base/proposed-command.js';
import { type Attempt, once } from '../shared/base/wait.js';
import { type AnyInput, kindOf } from '../shared/kinds/kinds.js';
import { jobId, queuedJob, runName } from '../shared/queues/job.js';
import { queueOf, openQueue, openRunsQueue, prepareQueue } from '../shared/queues/queue.js';
import { queueKeys } from '../shared/queues/queue-keys.js';
import { traceJobs } from '../shared/queues/telemetry.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { redisErrorText } from '../shared/redis/refusal.js';
import { unconfirmedReason } from '../shared/redis/replication.js';
import { formatCount } from '../shared/report/format.js';
import { acknowledge, createRun, moveRun, readRun } from '../shared/runs/run-store.js';
import { PRODUCER_ALIVE_MS, PRODUCER_HEARTBEAT_MS, type RunState } from '../shared/runs/run.js';
import type { RunPlan } from './plan.js';
import { reopenRun } from './reopen.js';

/**
 * Jobs of one call of `addBulk`. Larger ones cost more: their objects outlive the cheap garbage
 * collections (measured: 1,000 take a fifth more processor time), the producer grows (250 at a time:
 * 197 MB at 600,000 jobs; 100: 184 to 188), and other clients of Redis wait.
 */
const CHUNK_JOBS = 100;

/**
 * Calls in flight at once: Redis works on some while the next are made (measured: six are a quarter
 * faster than four or three). The run tracker relies on it: at most 2,000 jobs may be in Redis
 * without having been acknowledged.
 */
const CHUNKS_IN_FLIGHT = 6;

export interface EnqueueOptions {
  readonly connection: RedisConnection;
  /** Stops the producer between two chunks; the run stays open and can be resumed. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: AddingProgress) => void;
  /** Takes what a person should know of a run whose jobs are queued all the same. */
  readonly onWarning?: (text: string) => void;
  /** Repeats what failed, to ride over an outage of Redis. */
  readonly attempt?: Attempt;
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
  /** `cancelled`: by a person, while its jobs were being added. */
  readonly state: 'sealed' | 'cancelled';
}

/** A heartbeat of a producer says at most this many jobs more than the one before it. */
const UNRECORDED_MAX = 1000;

/**
 * Makes a run and adds all its jobs. Resolves when a replica has them too, where there are any, or else
 * with a warning after three seconds.
 *
 * @throws CommandError: unavailable when Redis fails or is full, interrupted when the signal
 * aborts. Once the run exists, the message names it and the command that resumes it.
 */
export async function enqueueRun(plan: RunPlan, options: EnqueueOptions): Promise<Enqueued> {
  options.signal.throwIfAborted();
  const producer = randomUUID();
  const run = await makeRun(plan, producer, options.connection);
  return addJobs(plan, { run, producer, done: 0 }, options);
}

async function makeRun(
  plan: RunPlan,
  producer: string,
  connection: RedisConnection,
): Promise<number> {
  const runsQueue = openRunsQueue(connection);
  try {
    return await createRun(connection, runsQueue, { ...plan.run, producer });
  } catch (error) {
    throw new CommandError(
      EXIT.unavailable,
      `Cannot make a run: ${redisErrorText(error)}. Nothing was queued; check Redis and try again`,
      { cause: error },
    );
  } finally {
    await runsQueue.close();
  }
}

/** A run whose jobs are to be added. */
export interface OpenRun {
  readonly run: number;
  /** Names this producer in the record of the run: one that another has resumed is left to that one. */
  readonly producer: string;
  /** Jobs that have been added. */
  readonly done: number;
}

/**
 * Adds the jobs of an open run after the first `done` of them, and seals it. A job's id is its
 * position, so adding a job twice changes nothing as long as it has not been worked.
 *
 * @throws CommandError that names the run and the command that resumes it: unavailable when Redis
 * fails or is full, or another producer has resumed it; interrupted when the signal aborts.
 */
export async function addJobs(
  plan: RunPlan,
  open: OpenRun,
  options: EnqueueOptions,
): Promise<Enqueued> {
  const { run, done } = open;
  const queue = queueOf(plan.run.kind, plan.run.baseline);
  const bullQueue = openQueue(queue.name, options.connection);
  let adder: JobAdder | undefined;
  try {
    await (options.attempt ?? once)(() => prepareQueue(bullQueue, queue));
    adder = new JobAdder(plan, { ...open, bullQueue }, options);
    return { run, ...(await adder.addAll()) };
  } catch (error) {
    // A repeated attempt ends with the reason of the signal, which does not know the run.
    if (options.signal.aborted && error === options.signal.reason) {
      throw interrupted(plan, run, adder?.acknowledged ?? done, options.signal);
    }
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      EXIT.unavailable,
      `Cannot add all jobs of ${runName(run)}: ${redisErrorText(error)}. ${howToResume(plan, run, adder?.acknowledged ?? done)}`,
      { cause: error },
    );
  } finally {
    adder?.stop();
    await bullQueue.close();
  }
}

interface AdderDeps extends OpenRun {
  readonly bullQueue: Queue;
}

/** Adds jobs in chunks and sends the heartbeat of the run's producer. */
class JobAdder {
  /** Jobs known to be in Redis: all up to this position. */
  acknowledged: number;
  readonly #plan: RunPlan;
  readonly #deps: AdderDeps;
  readonly #options: EnqueueOptions;
  readonly #heartbeatTimer: NodeJS.Timeout;
  /** What the run's record says, by the answer to the last heartbeat. */
  #recorded: number;
  #state: RunState | undefined = 'open';
  /** Whether the record, after a failover, lacks jobs that had been acknowledged. */
  #lost = false;
  #isTakenOver = false;
  #heartbeat: Promise<void> | undefined;
  #heartbeatError: Error | undefined;

  constructor(plan: RunPlan, deps: AdderDeps, options: EnqueueOptions) {
    this.#plan = plan;
    this.#deps = deps;
    this.#options = options;
    this.acknowledged = deps.done;
    this.#recorded = deps.done;
    // Chunks send them too; the timer is for those that Redis takes long over.
    this.#heartbeatTimer = setInterval(() => this.#beat(), PRODUCER_HEARTBEAT_MS / 2);
  }

  async addAll(): Promise<Omit<Enqueued, 'run'>> {
    const { signal } = this.#options;
    const { total } = this.#plan.run;
    do {
      await this.#addChunks();
      if (signal.aborted && this.acknowledged < total) {
        this.stop();
        // Silent at once, so that the run can be resumed without waiting for this producer.
        await this.#sendHeartbeat(PRODUCER_ALIVE_MS);
        const queued = this.#lost ? this.#recorded : this.acknowledged;
        throw interrupted(this.#plan, this.#deps.run, queued, signal);
      }
    } while (this.#lost || !(await this.#isSealed()));
    return {
      queued: this.acknowledged,
      state: this.#state === 'cancelled' ? 'cancelled' : 'sealed',
    };
  }

  stop(): void {
    clearInterval(this.#heartbeatTimer);
  }

  /** Resolves or rejects when no call is in flight any more. */
  async #addChunks(): Promise<void> {
    await this.#goBackAfterLoss();
    const inFlight: Promise<number>[] = [];
    let added = this.acknowledged;
    try {
      for (const inputs of chunksOf(this.#plan.inputs(added))) {
        if (this.#options.signal.aborted || this.#lost || !(await this.#isOpen())) break;
        inFlight.push(this.#addChunk(inputs, added));
        added += inputs.length;
        if (inFlight.length === CHUNKS_IN_FLIGHT) await this.#settle(inFlight.shift());
      }
      while (inFlight.length > 0) await this.#settle(inFlight.shift());
    } finally {
      await Promise.allSettled(inFlight);
      await this.#heartbeat;
    }
    if (this.#recorded < this.acknowledged && (await this.#isOpen())) {
      this.#beat();
      await this.#heartbeat;
    }
  }

  /** Goes back to what the record says. A job's id is its position: adding it twice does no harm. */
  async #goBackAfterLoss(): Promise<void> {
    // The answer to one that was sent before would be taken for another loss.
    await this.#heartbeat;
    if (!this.#lost) return;
    const name = runName(this.#deps.run);
    const count = formatCount(this.acknowledged - this.#recorded);
    this.#options.onWarning?.(
      `${name}: Redis has lost ${count} jobs that it had acknowledged, as after a failover to a replica that lacked them. Adding them again`,
    );
    this.acknowledged = this.#recorded;
    this.#lost = false;
  }

  /** Adds inputs after the first `before` jobs; resolves with the position of the last. */
  #addChunk(inputs: readonly AnyInput[], before: number): Promise<number> {
    const { kind, refetch, ...settings } = this.#plan.run;
    const { run, bullQueue } = this.#deps;
    const jobs = inputs.map((input, index) =>
      queuedJob(kind, { run, position: before + index + 1 }, { input, refetch }, settings),
    );
    const { attempt = once } = this.#options;
    const traced = traceJobs(bullQueue.name, jobs);
    const added = attempt(() => bullQueue.addBulk(traced.jobs)).then(() => before + inputs.length);
    added.then(() => traced.end(), traced.end);
    // Awaited later, in order; until then a failure must not count as unhandled.
    return added;
  }

  async #settle(chunk: Promise<number> | undefined): Promise<void> {
    this.acknowledged = (await chunk) ?? this.acknowledged;
    this.#beat();
    if (this.acknowledged - this.#recorded > UNRECORDED_MAX) await this.#heartbeat;
    this.#options.onProgress?.({
      run: this.#deps.run,
      queued: this.acknowledged,
      total: this.#plan.run.total,
    });
  }

  /** Not awaited: the answer would come behind the chunks that are on their way to Redis. */
  #beat(): void {
    this.#heartbeat ??= this.#sendHeartbeat().finally(() => (this.#heartbeat = undefined));
  }

  /** @param silentMs for how long this producer is to count as silent already */
  async #sendHeartbeat(silentMs = 0): Promise<void> {
    const { run, producer } = this.#deps;
    const { connection, attempt = once } = this.#options;
    const { acknowledged } = this;
    const witnesses = this.#lastOfChunks(acknowledged);
    const heartbeat = { acknowledged, recorded: this.#recorded, witnesses, silentMs, producer };
    try {
      const record = await attempt(() => acknowledge(connection, run, heartbeat));
      this.#state = record?.state;
      this.#isTakenOver = record?.isTakenOver === true;
      this.#recorded = record?.acknowledged ?? 0;
      this.#lost = record?.state === 'open' && record.acknowledged < acknowledged;
    } catch (error) {
      this.#heartbeatError = new Error(redisErrorText(error), { cause: error });
    }
  }

  /**
   * The last job of each chunk since the last heartbeat. Redis replicates what it does in order: where
   * the last job of a chunk is there, the others are.
   */
  #lastOfChunks(acknowledged: number): { key: string; position: number }[] {
    const { run, bullQueue } = this.#deps;
    const keys = queueKeys(bullQueue.name);
    const witnesses = [];
    for (let end = this.#recorded; end < acknowledged;) {
      end = Math.min(end + CHUNK_JOBS, acknowledged);
      witnesses.push({ key: keys.job(jobId({ run, position: end })), position: end });
    }
    return witnesses;
  }

  /** Whether the run still takes jobs, by the answer to the last heartbeat. */
  async #isOpen(): Promise<boolean> {
    const { run, producer } = this.#deps;
    if (this.#heartbeatError !== undefined) throw this.#heartbeatError;
    if (this.#state === undefined) throw vanished(run);
    if (this.#isTakenOver) throw takenOver(run);
    // A machine that slept for a minute finds its run abandoned.
    if (this.#state === 'abandoned') {
      const { connection, attempt = once } = this.#options;
      const reopened = { ...this.#plan.run, number: run };
      this.#state = await attempt(() =>
        reopenRun(connection, reopened, { from: producer, to: producer }),
      );
    }
    return this.#state === 'open';
  }

  /**
   * Seals the run and waits for a replica to have it. The record is read last: a server that took over
   * meanwhile may not have it all, and then the run is still open.
   */
  async #isSealed(): Promise<boolean> {
    const { connection, onWarning, attempt = once } = this.#options;
    const { run, producer } = this.#deps;
    const { total } = this.#plan.run;
    if (!(await this.#isOpen())) return true;
    if (this.#recorded < total) return false;
    const from = ['open', 'abandoned'] as const;
    const move = { to: 'sealed', from, acknowledged: total, producer } as const;
    await attempt(() => moveRun(connection, run, move));
    const unconfirmed = await attempt(() => unconfirmedReason(connection));
    const record = await attempt(() => readRun(connection, run));
    if (record === undefined) throw vanished(run);
    if (record.producer !== producer) throw takenOver(run);
    this.#state = record.state;
    this.#recorded = record.acknowledged;
    this.#lost = record.state === 'open' && record.acknowledged < this.acknowledged;
    if (record.state === 'open' || record.state === 'abandoned') return false;
    if (unconfirmed !== undefined) {
      onWarning?.(
        `${runName(run)}: ${unconfirmed}, so a failover may lose it. See why with: ${proposed('doctor')}`,
      );
    }
    return true;
  }
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

function interrupted(
  plan: RunPlan,
  run: number,
  queued: number,
  { reason }: AbortSignal,
): CommandError {
  const exitCode = reason instanceof CommandError ? reason.exitCode : EXIT.interrupted;
  return new CommandError(
    exitCode,
    `Interrupted while adding the jobs of ${runName(run)}. ${howToResume(plan, run, queued)}`,
  );
}

function vanished(run: number): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `Cannot go on with ${runName(run)}: it is not in Redis any more, which was emptied or has failed over to a replica that lacked it. Enqueue again`,
  );
}

function takenOver(run: number): CommandError {
  return new CommandError(
    EXIT.unavailable,
    `Stopped adding the jobs of ${runName(run)}: another producer has resumed it. Wait for it with: ${proposed('wait', runName(run))}`,
  );
}

function howToResume({ run, typed }: RunPlan, number: number, queued: number): string {
  const count = `${formatCount(queued)} of ${formatCount(run.total)} are queued`;
  const resume = ['--resume', runName(number)];
  if (run.selection !== '') return `${count}; go on with: ${proposed('enqueue', ...resume)}`;
  // The record of the run does not hold its selection, which has to be given again.
  const { plural } = kindOf(run.kind);
  if (typed === undefined) {
    const failed = proposed('failed', runName(run.retryOf ?? 0));
    return `${count}; go on with: ${failed} | ${proposed('enqueue', plural, '--input', '-', ...resume)}`;
  }
  const stdin = typed.includes('-') ? ' and the same lines on stdin' : '';
  return `${count}; go on with${stdin}: ${proposed('enqueue', ...typed, ...resume)}`;
}
