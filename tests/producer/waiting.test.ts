import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelRun } from '../../producer/cancel.js';
import { enqueueRun } from '../../producer/enqueue.js';
import { resumeRun, retryPlan } from '../../producer/resume.js';
import { requireRun, type RunProgress, waitForRun } from '../../producer/wait.js';
import { EXIT } from '../../shared/base/errors.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { KEYS } from '../../shared/redis/keys.js';
import { moveRun, readRun, writeRunFields } from '../../shared/runs/run-store.js';
import { until } from '../support/condition.js';
import { WorkPlace } from '../support/work-place.js';
import { inputsOf, NEVER_STOPPED, plan } from './planning.js';

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
});

afterEach(async () => {
  await place.close();
});

async function enqueue(words: string, kind: 'comic' | 'sleep' = 'sleep'): Promise<number> {
  const planned = await plan(kind, words, {}, { site: place.sites[kind] });
  const { connection } = place;
  return (await enqueueRun(planned, { connection, signal: NEVER_STOPPED })).run;
}

describe('waitForRun()', () => {
  it('resolves with the report, and says on the way how far the run is', async () => {
    const run = await enqueue('0.4 0.4 0.4 0.4', 'sleep');
    await place.startWorker();
    const seen: RunProgress[] = [];

    const report = await waitForRun(place.connection, run, {
      signal: NEVER_STOPPED,
      onProgress: (progress) => seen.push(progress),
    });

    expect(report).toMatchObject({ run, state: 'ended', queued: 4, outcomes: { slept: 4 } });
    expect(seen[0]).toMatchObject({ run, state: 'sealed', total: 4, workers: 1 });
    expect(seen.every(({ done, total }) => done <= total)).toBe(true);
  });

  it('resolves at once with the report of a run that is over', async () => {
    const run = await enqueue('0');
    await place.startWorker();
    await place.report(run);

    const report = await waitForRun(place.connection, run, { signal: NEVER_STOPPED });

    expect(report.outcomes).toEqual({ slept: 1 });
  });

  it('gives up after its time, with how to wait again and no worker to be seen', async () => {
    const run = await enqueue('0 0');
    const seen: RunProgress[] = [];
    const startMs = performance.now();

    await expect(
      waitForRun(place.connection, run, {
        signal: NEVER_STOPPED,
        timeoutMs: 120,
        onProgress: (progress) => seen.push(progress),
      }),
    ).rejects.toMatchObject({
      exitCode: EXIT.timedOut,
      message: `run-1 is not over after 0.12 s: 0 of 2 jobs are done. Wait again with: comic-queue wait run-1; give it up with: comic-queue cancel run-1`,
    });
    expect(performance.now() - startMs).toBeLessThan(3000);
    expect(seen.at(-1)).toMatchObject({ workers: 0, ratePerSecond: undefined, etaMs: undefined });
  });

  it('does not say how to give up what is given up already', async () => {
    const run = await enqueue('0');
    await cancelRun(place.connection, run, NEVER_STOPPED);

    await expect(
      waitForRun(place.connection, run, { signal: NEVER_STOPPED, timeoutMs: 1 }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/it is cancelled and ends when .* comic-queue wait run-1$/),
    });
  });

  it('stops waiting, not the run, when it is told to', async () => {
    const run = await enqueue('0');
    const controller = new AbortController();

    await expect(
      waitForRun(place.connection, run, {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      }),
    ).rejects.toMatchObject({
      exitCode: EXIT.interrupted,
      message: expect.stringContaining('which goes on'),
    });
    expect(await readRun(place.connection, run)).toMatchObject({ state: 'sealed' });
  });

  it('knows no other runs', async () => {
    await expect(waitForRun(place.connection, 99, { signal: NEVER_STOPPED })).rejects.toMatchObject(
      { exitCode: EXIT.noInput },
    );
  });
});

describe('resumeRun() after the tracker has ended an abandoned run', () => {
  it('ends it again with every job counted once', async () => {
    const { connection } = place;
    const controller = new AbortController();
    const planned = await plan('sleep', '0', { times: 4000 }, { site: undefined });
    const interrupted = enqueueRun(planned, {
      connection,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(interrupted).rejects.toThrow('--resume run-1');
    await connection.hincrby(KEYS.run(1), 'heartbeatAtMs', -61_000);
    await place.startWorker();
    const first = await place.report(1);

    const terms = { connection, signal: NEVER_STOPPED };
    await resumeRun(1, undefined, terms);
    const report = await waitForRun(connection, 1, { signal: NEVER_STOPPED });

    expect(first.state).toBe('abandoned');
    expect(first.ended).toBeLessThan(4000);
    expect(report).toMatchObject({ state: 'ended', ended: 4000, outcomes: { slept: 4000 } });
  });
});

describe('cancelRun()', () => {
  it('gives up what has not begun, and sees the run end', async () => {
    await place.startWorker();
    const run = await enqueue(`0 0 ${'0.5 '.repeat(60).trim()}`);
    await until('two jobs are done', async () => {
      const ended = await place.connection.hget(KEYS.tally(run), 'ended');
      return Number(ended) >= 2;
    });

    const cancelled = await cancelRun(place.connection, run, NEVER_STOPPED);

    expect(cancelled.ended).toBe(true);
    expect(cancelled.run.state).toBe('cancelled');
    expect(cancelled.done + cancelled.left).toBe(62);
    expect(cancelled.left).toBeGreaterThan(30);
    const report = await waitForRun(place.connection, run, { signal: NEVER_STOPPED });
    expect(report.ended).toBe(62);
  });

  it('does not wait where no worker is connected', async () => {
    const run = await enqueue('1 2 3');

    const cancelled = await cancelRun(place.connection, run, NEVER_STOPPED);

    expect(cancelled).toMatchObject({ ended: false, done: 0, left: 3 });
    expect(cancelled.run.state).toBe('cancelled');
  });

  it('leaves a run alone that had ended, and knows no other', async () => {
    const run = await enqueue('1');
    await moveRun(place.connection, run, { to: 'ended', from: ['sealed'] });
    await writeRunFields(place.connection, run, { endedAtMs: 5 });

    const cancelled = await cancelRun(place.connection, run, NEVER_STOPPED);

    expect(cancelled).toMatchObject({ ended: true, run: { state: 'ended' } });
    await expect(cancelRun(place.connection, 99, NEVER_STOPPED)).rejects.toMatchObject({
      exitCode: EXIT.noInput,
    });
  });

  it('stops waiting for the end when it is told to', async () => {
    await place.startWorker();
    const run = await enqueue('3');
    await until('the job is active', () => place.connection.llen(queueKeys('sleeps').active));

    const cancelled = await cancelRun(place.connection, run, AbortSignal.timeout(100));

    expect(cancelled).toMatchObject({ ended: false, left: 1 });
  });
});

describe('retryPlan()', () => {
  it('plans the failed jobs of a run, each input once', async () => {
    await place.startWorker();
    const run = await place.enqueue({
      kind: 'comic',
      inputs: [{ id: 7 }, { id: 0 }, { id: 8 }],
    });
    await place.report(run);
    const { connection } = place;
    for (const [position, id] of [7, 8, 7].entries()) {
      const line = JSON.stringify([
        position + 1,
        'not-json',
        JSON.stringify({ id }),
        'not-json: soup',
      ]);
      await connection.zadd(KEYS.failed(run), position + 1, line);
    }
    const record = await requireRun(connection, run);

    const planned = await retryPlan(record, {
      connection,
      signal: NEVER_STOPPED,
    });

    expect(inputsOf(planned)).toEqual([{ id: 7 }, { id: 8 }]);
    expect(planned.run).toMatchObject({
      retryOf: run,
      kind: 'comic',
      site: record.site,
      asked: 3,
      duplicates: 1,
      total: 2,
      selection: '7 8 7',
    });
  });

  it('refuses a run without failures', async () => {
    const record = await requireRun(place.connection, await enqueue('1'));

    await expect(
      retryPlan(record, {
        connection: place.connection,
        signal: NEVER_STOPPED,
      }),
    ).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining('none of its jobs has failed'),
    });
  });
});
