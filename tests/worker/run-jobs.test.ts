import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobId } from '../../shared/queues/job.js';
import { openQueue } from '../../shared/queues/queue.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { KEYS } from '../../shared/redis/keys.js';
import { readRun } from '../../shared/runs/run-store.js';
import type { Run } from '../../shared/runs/run.js';
import { dropWaiting, UnendedJobs } from '../../worker/run-jobs.js';
import { WorkPlace } from '../support/work-place.js';

const BASE = queueKeys('sleeps').base;

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
});

afterEach(async () => {
  await place.close();
});

async function newRun(total: number): Promise<Run> {
  const inputs = Array.from({ length: total }, () => ({ seconds: 0 }));
  const run = await readRun(place.connection, await place.enqueue({ kind: 'sleep', inputs }));
  if (run === undefined) throw new Error('no run');
  return run;
}

async function dropAll(run: Run): Promise<number> {
  let sum = 0;
  while (true) {
    const dropped = await dropWaiting(place.connection, run);
    if (dropped === 0) return sum;
    sum += dropped;
  }
}

/** Ids as they wait, the one that is next in turn first. */
function idsOf({ number, total }: Run): string[] {
  return Array.from({ length: total }, (_, index) => jobId({ run: number, position: index + 1 }));
}

async function waitingIds(): Promise<string[]> {
  return (await place.connection.lrange(`${BASE}wait`, 0, -1)).toReversed();
}

it('drops the jobs next in turn and those queued last, and leaves others in their order', async () => {
  const [first, middle, last] = [await newRun(1200), await newRun(800), await newRun(1100)];

  const inTheMiddle = await dropAll(middle);
  const nextInTurn = await dropAll(first);
  const queuedLast = await dropAll(last);

  expect([inTheMiddle, nextInTurn, queuedLast]).toEqual([0, 1200, 1100]);
  expect(await waitingIds()).toEqual(idsOf(middle));
  expect(await place.connection.exists(`${BASE}r1.1`, `${BASE}r3.1100`)).toBe(0);
  expect(await place.connection.exists(`${BASE}r2.1`, `${BASE}r2.800`)).toBe(2);
});

it('takes a run for no other whose number begins alike', async () => {
  const runs: Run[] = [];
  for (let number = 1; number <= 11; number += 1) runs.push(await newRun(number === 11 ? 3 : 1));
  const [one, , , , , , , , , , eleven] = runs;
  if (one === undefined || eleven === undefined) throw new Error('no run');

  expect(await dropAll(one)).toBe(1);
  expect(await waitingIds()).toEqual(runs.slice(1).flatMap(idsOf));
});

/** Marks positions up to the last as counted, as the tally does. */
async function countUpTo(last: number, { number }: Run): Promise<void> {
  const pipeline = place.connection.pipeline();
  for (let index = 0; index < last; index += 1) {
    pipeline.bitfield(KEYS.endings(number), 'SET', 'u4', `#${index}`, 4);
  }
  await pipeline.exec();
}

function areGone(run: Run): Promise<boolean> {
  return new UnendedJobs(place.connection).areGone(run);
}

it('finds the only job that is left, until it is removed by other hands', async () => {
  const run = await newRun(4500);
  const other = await newRun(1);
  const jobs = new UnendedJobs(place.connection);

  const before = await jobs.areGone(run);
  await countUpTo(4499, run);
  const left = [await jobs.areGone(run), await jobs.areGone(run)];
  await openQueue('sleeps', place.connection).remove(`r${run.number}.4500`);

  expect([before, left]).toEqual([false, [false, false]]);
  expect(await jobs.areGone(run)).toBe(true);
  expect(await areGone(other)).toBe(false);
});

it('finds none where each has been counted, or the queue is empty', async () => {
  const [run, other] = [await newRun(3), await newRun(3)];

  await countUpTo(2, run);
  const third = await areGone(run);
  await countUpTo(3, run);
  const counted = await areGone(run);
  await openQueue('sleeps', place.connection).drain();

  expect([third, counted]).toEqual([false, true]);
  expect(await areGone(other)).toBe(true);
});
