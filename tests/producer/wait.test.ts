import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { cancelRun } from '../../producer/cancel.js';
import { enqueueRun } from '../../producer/enqueue.js';
import { type RunProgress, waitForRun } from '../../producer/wait.js';
import { EXIT } from '../../shared/base/errors.js';
import { readRun } from '../../shared/runs/run-store.js';
import { WorkPlace } from '../support/work-place.js';
import { enqueueSleeps, NEVER_STOPPED, plan } from './planning.js';

let place: WorkPlace;

beforeEach(async () => {
  place = await WorkPlace.open();
});

afterEach(async () => {
  await place.close();
});

describe('waitForRun()', () => {
  it('resolves with the report, and says on the way how far the run is', async () => {
    const run = await enqueueSleeps(place, '0.4 0.4 0.4 0.4');
    await place.startWorker();
    const seen: RunProgress[] = [];

    const report = await waitForRun(place.connection, run, {
      signal: NEVER_STOPPED,
      onProgress: (progress) => seen.push(progress),
    });

    expect(report).toMatchObject({ run, state: 'ended', queued: 4, outcomes: { slept: 4 } });
    expect(seen[0]).toMatchObject({ run, state: 'sealed', total: 4, standstills: [] });
    expect(seen.every(({ done, total }) => done <= total)).toBe(true);
  });

  it('resolves at once with the report of a run that is over', async () => {
    const run = await enqueueSleeps(place, '0');
    await place.startWorker();
    await place.report(run);

    const report = await waitForRun(place.connection, run, { signal: NEVER_STOPPED });

    expect(report.outcomes).toEqual({ slept: 1 });
  });

  it('says that a run is gone which was there before', async () => {
    const run = await enqueueSleeps(place, '0 0');
    let emptied: Promise<unknown> | undefined;

    const waited = waitForRun(place.connection, run, {
      signal: NEVER_STOPPED,
      onProgress: () => void (emptied ??= place.connection.flushall()),
    });

    await expect(waited).rejects.toMatchObject({
      exitCode: EXIT.noInput,
      message: expect.stringContaining(`run-${run} any longer: it is not in Redis any more`),
    });
  });

  it('gives up after its time, with how to wait again and no worker to be seen', async () => {
    const run = await enqueueSleeps(place, '0 0');
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
      message: `run-1 has not ended after 0.12 s: 0 of 2 jobs are done. Wait again with: comic-queue wait run-1; cancel it with: comic-queue cancel run-1`,
    });
    expect(performance.now() - startMs).toBeLessThan(30_000);
    expect(seen.at(-1)).toMatchObject({ ratePerSecond: undefined, etaMs: undefined });
    expect(seen.at(-1)?.standstills.map(({ why }) => why)).toEqual(['no-worker']);
  });

  it('counts no worker that asks another site', async () => {
    const planned = await plan('comic', '1-2', {}, { site: place.sites.comic });
    const { connection } = place;
    const { run } = await enqueueRun(planned, { connection, signal: NEVER_STOPPED });
    const out = await mkdtemp(join(tmpdir(), 'cq-other-'));
    onTestFinished(() => rm(out, { recursive: true, force: true }));
    await place.startWorker({ out, sites: { comic: { url: 'https://other.example/{id}' } } });
    const seen: RunProgress[] = [];

    await expect(
      waitForRun(place.connection, run, {
        signal: NEVER_STOPPED,
        timeoutMs: 1,
        onProgress: (progress) => seen.push(progress),
      }),
    ).rejects.toMatchObject({ exitCode: EXIT.timedOut });

    expect(seen[0]?.standstills[0]).toMatchObject({
      why: 'other-site',
      text: `no worker of ${place.sites.comic?.url} is connected (1 of another site is)`,
    });
  });

  it('does not say how to give up what is given up already', async () => {
    const run = await enqueueSleeps(place, '0');
    await cancelRun(place.connection, run, NEVER_STOPPED);

    await expect(
      waitForRun(place.connection, run, { signal: NEVER_STOPPED, timeoutMs: 1 }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/it is cancelled and ends when .* comic-queue wait run-1$/),
    });
  });

  it('stops waiting, not the run, when it is told to', async () => {
    const run = await enqueueSleeps(place, '0');
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
