import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../shared/base/logger.js';
import type { AnyInput, KindName } from '../../shared/kinds/kinds.js';
import { type JobQueue, queueOf, openQueue } from '../../shared/queues/queue.js';
import { setRate } from '../../shared/queues/site-state.js';
import { listWorkers } from '../../shared/queues/heartbeat.js';
import { moveRun } from '../../shared/runs/run-store.js';
import { readTally } from '../../shared/runs/tally.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;

afterEach(async () => {
  await place.close();
});

async function kept(folder: string): Promise<string[]> {
  return readdir(join(place.out, folder)).catch(() => []);
}

/** Options of a worker with so many slots for one kind. */
function slots(kind: KindName, count: number): ReadonlyMap<JobQueue, number> {
  return new Map([[queueOf(kind, false), count]]);
}

function sleeps(count: number, seconds: number): AnyInput[] {
  return Array.from({ length: count }, () => ({ seconds }));
}

/** How many jobs wait that the worker has taken before. */
async function givenBack(queue: string): Promise<number> {
  const waiting = await openQueue(queue, place.connection).getWaiting();
  return waiting.filter(({ attemptsStarted }) => attemptsStarted > 0).length;
}

async function requests(): Promise<number> {
  const response = await fetch(`${place.origin.url}/__origin/stats`);
  const stats = (await response.json()) as { requests: number };
  return stats.requests;
}

describe('a worker', () => {
  it('keeps every answer byte for byte and reports counts that add up', async () => {
    place = await WorkPlace.open();
    await place.startWorker();

    const report = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(400, 409) }),
    );

    expect(report).toMatchObject({
      state: 'ended',
      queued: 10,
      ended: 10,
      outcomes: { stored: 9, missing: 1 },
      statuses: { 200: 9, 404: 1 },
    });
    expect(await kept('comics')).toHaveLength(9);
    const sent = await fetch(`${place.origin.url}/400/info.0.json`);
    const stored = await readFile(join(place.out, 'comics', '400.json'));
    expect(stored.equals(Buffer.from(await sent.arrayBuffer()))).toBe(true);
  });

  it('fetches nothing that it has, unless told to', async () => {
    place = await WorkPlace.open();
    await place.startWorker();
    await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 20) }));
    const asked = await requests();

    const again = await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 20) }));
    const afterAgain = await requests();
    const refetched = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 20), refetch: true }),
    );

    expect(again.outcomes).toEqual({ kept: 20 });
    expect(afterAgain).toBe(asked);
    expect(refetched.outcomes).toEqual({ stored: 20 });
    expect(await requests()).toBe(asked + 20);
  });

  it('works the baseline queue one job at a time and is compared with it', async () => {
    place = await WorkPlace.open({ latencyMs: 10 });
    await place.startWorker();
    const inputs = comics(1, 20);

    const baseline = await place.report(
      await place.enqueue({ kind: 'comic', inputs, baseline: true, refetch: true }),
    );
    const run = await place.report(await place.enqueue({ kind: 'comic', inputs, refetch: true }));

    expect(baseline).toMatchObject({ concurrency: 1, disturbed: null, comparison: null });
    expect(baseline.wallMs).toBeGreaterThanOrEqual(200);
    expect(run.concurrency).toBeGreaterThan(1);
    expect(run.comparison).toMatchObject({
      baselineRun: baseline.run,
      label: 'same selection',
      note: null,
    });
    const [rate = 0, baselineRate = 0] = [run, baseline].map((one) => one.throughputPerSecond ?? 0);
    expect(run.comparison?.speedUp).toBeCloseTo(rate / baselineRate, 3);
  });

  it('waits as long as a site asks, and spends no attempt on it', async () => {
    place = await WorkPlace.open({ faults: ['429?first=1&retry-after=1'] });
    await place.startWorker();

    const startedAt = performance.now();
    const report = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 5), attempts: 1 }),
    );

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1000);
    expect(report.outcomes).toEqual({ stored: 5 });
    expect(report.retries).toEqual({ throttled: 1 });
  });

  it.each([
    ['500?each=1', 'server-error', 500],
    ['429?first=1&retry-after=1', 'throttled', 1000],
  ])(
    'counts time from the first attempt where the site answers with %s',
    async (fault, reason, waitMs) => {
      place = await WorkPlace.open({ faults: [fault] });
      await place.startWorker();

      const report = await place.report(
        await place.enqueue({ kind: 'comic', inputs: comics(1, 4) }),
      );

      expect(report.outcomes).toEqual({ stored: 4 });
      expect(report.retries[reason]).toBeGreaterThan(0);
      expect(report.wallMs).toBeGreaterThanOrEqual(waitMs);
      expect(report.throughputPerSecond).toBeLessThanOrEqual(4000 / waitMs);
      expect(report.course.at(-1)?.[0]).toBeGreaterThanOrEqual(waitMs / 1000);
      expect(report.startedAtMs).toBeLessThan(report.createdAtMs + waitMs);
    },
  );

  it('gives up on a site that refuses for too long', async () => {
    place = await WorkPlace.open({ faults: ['429?retry-after=1'] });
    await place.startWorker({ giveUpAfterMs: 0 });

    const report = await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 2) }));

    expect(report.outcomes).toEqual({ unavailable: 2 });
    expect(report.reasons).toEqual({ throttled: 2 });
  });

  it.each([
    ['javascript', 'javascript-page'],
    ['consent', 'consent-page'],
    ['robot', 'robot-page'],
  ])('reports a %s page as blocked and keeps nothing', async (fault, reason) => {
    place = await WorkPlace.open({ faults: [fault] });
    await place.startWorker({ blockPauseMs: 50 });

    const report = await place.report(
      await place.enqueue({ kind: 'search', inputs: [{ term: 'Yash' }, { term: 'KOSS' }] }),
    );

    expect(report.outcomes).toEqual({ blocked: 2 });
    expect(report.reasons).toEqual({ [reason]: 2 });
    expect(await kept('searches')).toEqual([]);
  });

  it('tries again what broke on the way, and fails for good when attempts are spent', async () => {
    place = await WorkPlace.open({ faults: ['reset?ids=3'] });
    await place.startWorker();

    const report = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 5), attempts: 2 }),
    );

    expect(report.outcomes).toEqual({ stored: 4, unavailable: 1 });
    expect(report.reasons).toEqual({ stored: 4, connection: 1 });
    expect(report.retries).toEqual({ connection: 1 });
  });

  it.each([
    ['html200', 'not-json'],
    ['other-num', 'other-number'],
    ['empty', 'empty-body'],
    ['missing-fields', 'bad-shape'],
    ['bad-utf8', 'bad-encoding'],
  ])('refuses to keep the answer of the fault %s', async (fault, reason) => {
    place = await WorkPlace.open({ faults: [fault] });
    await place.startWorker();

    const report = await place.report(await place.enqueue({ kind: 'comic', inputs: [{ id: 7 }] }));

    expect(report.reasons).toEqual({ [reason]: 1 });
    expect(await kept('comics')).toEqual([]);
  });

  it('fails a foreign job once and lives on', async () => {
    place = await WorkPlace.open();
    const worker = await place.startWorker();
    const bullQueue = openQueue(queueOf('comic', false).name, place.connection);

    await bullQueue.add('', { anything: 'x'.repeat(100_000) }, { attempts: 5 });
    await bullQueue.add('comic', { id: -5 }, { attempts: 5 });

    await until('both failed', () => worker.failures === 2);
    const failed = await bullQueue.getFailed();
    expect(failed.map((job) => job.failedReason.split(':')[0])).toEqual(['bad-input', 'bad-input']);
    const report = await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 3) }));
    expect(report.outcomes).toEqual({ stored: 3 });
  });

  it('ends a cancelled run with counts that add up', async () => {
    place = await WorkPlace.open({ latencyMs: 50 });
    const worker = await place.startWorker();
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 400) });
    await until('some work', async () => (await requests()) > 20);

    await moveRun(place.connection, run, { to: 'cancelled', from: ['sealed'] });

    const report = await place.report(run);
    const { stored = 0, cancelled = 0 } = report.outcomes;
    expect(report.state).toBe('cancelled');
    expect(stored + cancelled).toBe(400);
    expect(cancelled).toBeGreaterThan(0);
    expect(await kept('comics')).toHaveLength(stored);
    expect(worker.failures).toBe(0);
  });

  it('obeys a rate over all workers', async () => {
    place = await WorkPlace.open();
    await setRate(place.connection, 'comic', 50);
    await place.startWorker();
    await place.startWorker();

    const report = await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 20) }),
    );

    expect(report.wallMs).toBeGreaterThanOrEqual(19 * 50);
    expect(report.outcomes).toEqual({ stored: 20 });
  });

  it('leaves when its queues are empty, and is off the list then', async () => {
    place = await WorkPlace.open();
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 30) });

    const worker = await place.startWorker({ drain: true });
    const end = await worker.left;
    const listed = await listWorkers(place.connection);
    await worker.stop();

    expect(end).toEqual({ type: 'drained' });
    expect((await place.report(run)).ended).toBe(30);
    expect(listed.map(({ id }) => id)).toEqual(['w1']);
    expect(await listWorkers(place.connection)).toEqual([]);
  });

  it('logs nothing when it starts, works and stops, and nothing has gone wrong', async () => {
    place = await WorkPlace.open();
    const lines: string[] = [];
    const worker = await place.startWorker({
      logger: createLogger('warn', (line) => lines.push(line)),
    });
    await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 20) }));

    await worker.stop();

    expect(lines).toEqual([]);
  });

  it('hands back what it cannot finish in time', async () => {
    place = await WorkPlace.open();
    const worker = await place.startWorker({ graceMs: 100 });
    const run = await place.enqueue({
      kind: 'sleep',
      inputs: [{ seconds: 30 }, { seconds: 30 }],
    });
    const bullQueue = openQueue('sleeps', place.connection);
    await until('both under way', async () => (await bullQueue.getActiveCount()) === 2);

    await worker.stop();

    expect(await bullQueue.getWaitingCount()).toBe(2);
    expect(await bullQueue.getActiveCount()).toBe(0);
    expect(run).toBe(1);
  });

  it('asks for jobs ahead of their turn, and works no more at once than it has slots', async () => {
    place = await WorkPlace.open({ latencyMs: 300 });
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 40) });
    const bullQueue = openQueue('comics', place.connection);

    await place.startWorker({ queues: slots('comic', 8) });
    await until('two ahead', async () => (await bullQueue.getActiveCount()) === 10);

    const report = await place.report(run);
    expect(report).toMatchObject({ concurrency: 8, outcomes: { stored: 40 } });
  });

  it('leaves to others what it could not begin within a second', async () => {
    place = await WorkPlace.open();
    await place.enqueue({ kind: 'sleep', inputs: sleeps(5, 60) });

    await place.startWorker({ queues: slots('sleep', 4), graceMs: 0 });

    const bullQueue = openQueue('sleeps', place.connection);
    const areFour = async (): Promise<boolean> => (await bullQueue.getActiveCount()) === 4;
    // Asked twice: between the list of those that wait and their data, one may be taken.
    const isGivenBack = async (): Promise<boolean> =>
      (await areFour()) && (await givenBack('sleeps')) === 1 && (await areFour());
    expect(await until('one given back', isGivenBack)).toBe(true);
  });

  it('counts what ended here before it leaves: another worker may not come for a while', async () => {
    place = await WorkPlace.open({ latencyMs: 300 });
    const worker = await place.startWorker();
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 3) });
    await until('all are asked for', async () => (await requests()) >= 3);

    await worker.stop();

    expect((await readTally(place.connection, run)).outcomes.stored).toBe(3);
  });

  it('gives back at once what it has not begun when it stops', async () => {
    place = await WorkPlace.open();
    await place.enqueue({ kind: 'sleep', inputs: sleeps(40, 0.8) });
    const bullQueue = openQueue('sleeps', place.connection);
    const worker = await place.startWorker({ queues: slots('sleep', 4) });
    await until('one ahead', async () => (await bullQueue.getActiveCount()) === 5);

    await worker.stop();

    expect(await givenBack('sleeps')).toBe(1);
    expect(await bullQueue.getActiveCount()).toBe(0);
  });

  it('does not ask a site that has just refused for what waits for a slot', async () => {
    place = await WorkPlace.open({ faults: ['429?retry-after=60'], latencyMs: 200 });
    await place.enqueue({ kind: 'comic', inputs: comics(1, 5) });
    await place.startWorker({ queues: slots('comic', 4) });

    await until('the refusals', async () => (await requests()) > 0);
    await until('all given back', async () => (await givenBack('comics')) === 5);

    expect(await requests()).toBe(4);
  });
});
