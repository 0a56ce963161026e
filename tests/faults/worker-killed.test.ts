import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../support/condition.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { comics, WorkPlace } from '../support/work-place.js';

/** Locks that expire soon: a killed worker's jobs are done again within seconds. */
const LOCK_MS = 1000;
const AT_ONCE = 10;

const Requests = z.object({ requests: z.array(z.object({ path: z.string() })) });

let place: WorkPlace;
let workers: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(workers.map(killed));
  workers = [];
  await place.close();
});

/** A worker as a person starts it, in a process that can be killed. */
function startWorker(): ChildProcess {
  const { comic, search } = place.sites;
  const worker = spawn(
    process.execPath,
    [join(PROJECT_ROOT, 'dist/cli/main.js'), 'work', '-c', String(AT_ONCE), '--out', place.out],
    {
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: place.redis.url,
        COMIC_QUEUE_LOCK_MS: String(LOCK_MS),
        COMIC_QUEUE_COMIC_URL: comic?.url,
        COMIC_QUEUE_COMIC_LATEST_URL: comic?.latestUrl,
        COMIC_QUEUE_SEARCH_URL: search?.url,
      },
    },
  );
  workers.push(worker);
  return worker;
}

async function killed(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill('SIGKILL');
  await once(worker, 'exit');
}

async function asked(): Promise<string[]> {
  const response = await fetch(`${place.origin.url}/__origin/requests`);
  return Requests.parse(await response.json()).requests.map(({ path }) => path);
}

describe('a worker killed with kill -9', () => {
  it('loses nothing and doubles nothing, however often it happens', async () => {
    place = await WorkPlace.open({ latencyMs: 40 });
    // So many that none of the workers that are killed finds too few left, however late it is killed.
    const total = 400;
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, total) });

    const kills = 3;
    for (let kill = 1; kill <= kills; kill += 1) {
      const before = (await asked()).length;
      const worker = startWorker();
      await until('some requests', async () => (await asked()).length >= before + 3 * AT_ONCE);
      await killed(worker);
    }
    startWorker();
    const report = await place.report(run, 60_000);

    const requests = await asked();
    const files = await readdir(join(place.out, 'comics'));
    const { stored = 0, kept = 0 } = report.outcomes;
    expect(report).toMatchObject({ state: 'ended', queued: total, ended: total });
    expect(stored + kept).toBe(total);
    expect(files.filter((file) => file.endsWith('.json'))).toHaveLength(total);
    expect(new Set(requests).size).toBe(total);
    expect(requests.length - total).toBeLessThanOrEqual(kills * AT_ONCE);
  }, 90_000);

  it('is put away with its job when the job kills every worker', async () => {
    place = await WorkPlace.open({ faults: ['no-header'] });
    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 1) });

    for (let kill = 1; kill <= 6; kill += 1) {
      const before = (await asked()).length;
      const worker = startWorker();
      await until('the request', async () => (await asked()).length > before, 30_000);
      await killed(worker);
    }
    startWorker();

    const report = await place.report(run, 60_000);
    expect(report.outcomes).toEqual({ quarantined: 1 });
    expect(report.reasons).toEqual({ 'killed-workers': 1 });
    expect(await asked()).toHaveLength(6);
  }, 120_000);
});
