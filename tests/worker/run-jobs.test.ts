import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobId } from '../../shared/queues/job.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { readRun } from '../../shared/runs/run-store.js';
import type { Run } from '../../shared/runs/run.js';
import { dropWaiting } from '../../worker/run-jobs.js';
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
