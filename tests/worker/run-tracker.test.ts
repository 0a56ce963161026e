import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reopenRun } from '../../producer/reopen.js';
import { createLogger } from '../../shared/base/logger.js';
import { queuedJob } from '../../shared/queues/job.js';
import { openQueue, openRunsQueue, queueOf, RUNS_QUEUE } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { KEYS } from '../../shared/redis/keys.js';
import { acknowledge, moveRun, readRun } from '../../shared/runs/run-store.js';
import { readTally } from '../../shared/runs/tally.js';
import { addTrackerJob } from '../../shared/runs/tracker-job.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;
/** Lines of the worker's log. */
let lines: string[];

beforeEach(async () => {
  place = await WorkPlace.open();
  lines = [];
});

afterEach(async () => {
  await place.close();
});

async function startWorker(changes: { readonly lockMs?: number } = {}): Promise<void> {
  const logger = createLogger('warn', (line) => lines.push(line));
  await place.startWorker({ ...changes, logger });
}

async function logged(text: string): Promise<void> {
  await until(`"${text}" in the log`, () => lines.some((line) => line.includes(text)));
}

/** What the log says, without what BullMQ said of the lock of a job. */
function sentences(): string {
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg).join('\n');
}

function sleeps(count: number, seconds = 0): { seconds: number }[] {
  return Array.from({ length: count }, () => ({ seconds }));
}

/** The lock of the job of a run's tracker. */
function lockOf(run: number): string {
  return `${queueKeys(RUNS_QUEUE).job(`run-${run}`)}:lock`;
}

async function hasJobs(): Promise<boolean> {
  const { waiting, active } = queueKeys('sleeps');
  const counts = [waiting, active].map((list) => place.connection.llen(list));
  return (await Promise.all(counts)).some((count) => count > 0);
}

async function addSleeps(run: number, first: number, last: number): Promise<void> {
  const bullQueue = openQueue('sleeps', place.connection);
  for (let position = first; position <= last; position += 1) {
    const payload = { input: { seconds: 0 }, refetch: false };
    const { name, data, opts } = queuedJob('sleep', { run, position }, payload, { attempts: 1 });
    await bullQueue.add(name, data, opts);
  }
}

describe('a run', () => {
  it('ends also when its tracker met an error of Redis', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(5) });
    // Every look reads the journal first, whether or not there is something to count.
    await place.connection.hset(KEYS.foldJournal, 'not', 'a journal');
    await startWorker();

    await logged(`Cannot look at run-${run}`);
    await place.connection.del(KEYS.foldJournal);

    expect(await place.report(run)).toMatchObject({ state: 'ended', outcomes: { slept: 5 } });
    expect(sentences()).not.toMatch(/followed again/i);
  });

  it('says in words what Redis refuses its tracker', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(10, 2) });
    await startWorker();

    await until('a tracker', async () => (await place.connection.exists(lockOf(run))) === 1);

    // With it a look begins.
    await place.connection.call('ACL', 'SETUSER', 'default', '-hgetall');
    await logged(`Cannot look at run-${run}: Redis does not permit its user this command`);
    await place.connection.call('ACL', 'SETUSER', 'default', '+hgetall');

    expect(await place.report(run)).toMatchObject({ state: 'ended' });
  });

  it('gets a tracker also when its job is gone', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(2) });
    await openRunsQueue(place.connection).remove(`run-${run}`);

    await startWorker();

    expect(await place.report(run)).toMatchObject({ state: 'ended', outcomes: { slept: 2 } });
    await logged('Followed again: run-');
  });

  it('ends without the jobs that were removed by other hands', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(5) });
    const bullQueue = openQueue('sleeps', place.connection);
    await bullQueue.remove(`r${run}.2`);
    await bullQueue.remove(`r${run}.5`);

    await startWorker();

    expect(await place.report(run)).toMatchObject({
      state: 'ended',
      ended: 5,
      outcomes: { slept: 3, cancelled: 2 },
      reasons: { slept: 3, removed: 2 },
    });
    await logged(`run-${run} ends without 2 of its jobs`);
  });

  it('is let go by a tracker that has lost its lock, and ends with the next one', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(20, 1) });
    const lock = lockOf(run);
    await startWorker({ lockMs: 400 });
    await until('a tracker', async () => (await place.connection.exists(lock)) === 1);

    await place.connection.set(lock, 'of another worker', 'PX', 60_000);
    await logged(`Stopped following run-${run}: this worker was silent for too long`);
    await until('all jobs have ended', async () => !(await hasJobs()));
    const alone = await readTally(place.connection, run);
    await place.connection.del(lock);

    expect(alone.ended).toBeLessThan(20);
    expect(await place.report(run)).toMatchObject({ state: 'ended', outcomes: { slept: 20 } });
    expect(sentences()).not.toMatch(/renew|Missing|moveTo/);
  });

  it('has one tracker also where a worker is given a job that it has already', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(20, 1) });
    const runsQueue = openRunsQueue(place.connection);
    await startWorker();
    await until('a tracker', async () => (await place.connection.exists(lockOf(run))) === 1);

    await place.connection.del(lockOf(run));
    await place.connection.lrem(queueKeys(RUNS_QUEUE).active, 1, `run-${run}`);
    await runsQueue.remove(`run-${run}`);
    await addTrackerJob(runsQueue, { number: run, kind: 'sleep', total: 20 });

    expect(await place.report(run)).toMatchObject({ state: 'ended', outcomes: { slept: 20 } });
    await logged(`Stopped following run-${run}`);
    expect(sentences()).not.toMatch(/renew|Missing|moveTo/);
  });

  it('ends as abandoned when its producer died before it added the job of its tracker', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: [] });
    await moveRun(place.connection, run, { to: 'open', from: ['sealed'], fields: { total: 5 } });
    await acknowledge(place.connection, run, { acknowledged: 0, silentMs: 60_001 });
    await openRunsQueue(place.connection).remove(`run-${run}`);

    await startWorker();

    expect(await place.report(run)).toMatchObject({ state: 'abandoned', queued: 5, ended: 0 });
  });

  it('counts what ends between its end as abandoned and its resumption', async () => {
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(5) });
    await moveRun(place.connection, run, { to: 'open', from: ['sealed'], fields: { total: 10 } });
    await acknowledge(place.connection, run, { acknowledged: 5, silentMs: 60_001 });
    await startWorker();
    const abandoned = await place.report(run);

    // The producer was asleep: it goes on, while another run's tracker counts the queue.
    await addSleeps(run, 6, 8);
    await place.report(await place.enqueue({ kind: 'sleep', inputs: sleeps(1) }));
    const reopened = { number: run, kind: 'sleep', total: 10 } as const;
    await reopenRun(place.connection, reopened, { from: '', to: 'test' });
    await addSleeps(run, 9, 10);
    await acknowledge(place.connection, run, { acknowledged: 10 });
    await moveRun(place.connection, run, { to: 'sealed', from: ['open'] });

    expect(abandoned).toMatchObject({ state: 'abandoned', ended: 5 });
    expect(await place.report(run)).toMatchObject({ state: 'ended', ended: 10 });
  });

  it('ends while a hundred others wait in a paused queue', async () => {
    await openQueue(queueOf('comic', false).name, place.connection).pause();
    for (let waiting = 1; waiting <= 101; waiting += 1) {
      await place.enqueue({ kind: 'comic', inputs: comics(1, 1) });
    }
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(2) });

    await startWorker();

    expect(await place.report(run)).toMatchObject({ state: 'ended' });
  });

  it('waits while the queue of runs is paused, which is said', async () => {
    const runsQueue = openRunsQueue(place.connection);
    await runsQueue.pause();
    const run = await place.enqueue({ kind: 'sleep', inputs: sleeps(2) });

    await startWorker();
    await logged('runs is paused, so no run ends');
    const before = await readRun(place.connection, run);
    await runsQueue.resume();

    expect(before).toMatchObject({ state: 'sealed', endedAtMs: 0 });
    expect(await place.report(run)).toMatchObject({ state: 'ended' });
  });
});
