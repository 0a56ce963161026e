import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelRun } from '../../producer/cancel.js';
import { waitForRun } from '../../producer/wait.js';
import { EXIT } from '../../shared/base/errors.js';
import { queueKeys } from '../../shared/queues/queue-keys.js';
import { KEYS } from '../../shared/redis/keys.js';
import { acknowledge, moveRun, writeRunFields } from '../../shared/runs/run-store.js';
import { until } from '../support/condition.js';
import { WorkPlace } from '../support/work-place.js';
import { enqueueSleeps, NEVER_STOPPED } from './planning.js';

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
});

afterEach(async () => {
  await place.close();
});

describe('cancelRun()', () => {
  it('gives up what has not begun, and sees the run end', async () => {
    await place.startWorker();
    const run = await enqueueSleeps(place, `0 0 ${'0.5 '.repeat(60).trim()}`);
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
    const run = await enqueueSleeps(place, '1 2 3');

    const cancelled = await cancelRun(place.connection, run, NEVER_STOPPED);

    expect(cancelled).toMatchObject({ ended: false, done: 0, left: 3 });
    expect(cancelled.run.state).toBe('cancelled');
  });

  it('leaves a run alone that had ended, and knows no other', async () => {
    const run = await enqueueSleeps(place, '1');
    await moveRun(place.connection, run, { to: 'ended', from: ['sealed'] });
    await writeRunFields(place.connection, run, { endedAtMs: 5 });

    const cancelled = await cancelRun(place.connection, run, NEVER_STOPPED);

    expect(cancelled).toMatchObject({ ended: true, run: { state: 'ended' } });
    await expect(cancelRun(place.connection, 99, NEVER_STOPPED)).rejects.toMatchObject({
      exitCode: EXIT.noInput,
    });
  });

  it('counts an abandoned run up as cancelled, which had ended before', async () => {
    const run = await enqueueSleeps(place, '0 0');
    await moveRun(place.connection, run, { to: 'open', from: ['sealed'], fields: { total: 5 } });
    await acknowledge(place.connection, run, { acknowledged: 2, silentMs: 60_001 });
    await place.startWorker();
    const abandoned = await place.report(run);

    const cancelled = await cancelRun(place.connection, run, NEVER_STOPPED);

    expect(abandoned).toMatchObject({ state: 'abandoned', outcomes: { slept: 2 } });
    expect(cancelled).toMatchObject({ ended: true, done: 2, left: 3 });
    expect(await place.report(run)).toMatchObject({
      state: 'cancelled',
      ended: 5,
      outcomes: { slept: 2, cancelled: 3 },
    });
  });

  it('stops waiting for the end when it is told to', async () => {
    await place.startWorker();
    const run = await enqueueSleeps(place, '3');
    await until('the job is active', () => place.connection.llen(queueKeys('sleeps').active));

    const cancelled = await cancelRun(place.connection, run, AbortSignal.timeout(100));

    expect(cancelled).toMatchObject({ ended: false, left: 1 });
  });
});
