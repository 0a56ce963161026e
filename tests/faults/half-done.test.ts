/** What a worker leaves half done when it dies at the worst moment. */

import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/condition.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { FaultStage } from './harness/stage.js';

let stage: FaultStage;

afterEach(() => stage.close());

/** Kills the worker as soon as its tenth result is stored, before the queue hears of it. */
const DIES_BEFORE_ACKNOWLEDGING = `
  const { DirectoryStore } = await import('${pathToFileURL(join(PROJECT_ROOT, 'dist/shared/store/store.js')).href}');
  const put = DirectoryStore.prototype.put;
  let stored = 0;
  DirectoryStore.prototype.put = async function (...args) {
    const result = await put.apply(this, args);
    stored += 1;
    if (stored === 10) process.kill(process.pid, 'SIGKILL');
    return result;
  };`;

test('a result that is stored and not acknowledged is found, and not fetched again', async () => {
  const imports = [`data:text/javascript,${encodeURIComponent(DIES_BEFORE_ACKNOWLEDGING)}`];
  // One result at a time, so that nothing else is under way when the worker dies.
  stage = await FaultStage.open({ seed: 1, latencyMs: 5, diskMb: 64, imports, slots: 1 });
  const [doomed] = stage.workers;
  await stage.startProducer(1, 30).ended;

  doomed?.ensure();
  await doomed?.lives[0]?.process.ended;
  const stored = await readdir(join(stage.out, 'comics'));
  const next = stage.startCommand(['work', '--kinds', 'comics', '--drain', '--out', stage.out], {
    COMIC_QUEUE_LOCK_MS: '1000',
  });
  await next.ended;

  const report = stage.startCommand(['status', 'run-1', '--json']);
  await report.ended;
  const stats = await (await fetch(`${stage.origin.url}/__origin/stats`)).json();
  expect(stored.length).toBe(10);
  expect(JSON.parse(report.stdout)).toMatchObject({ outcomes: { stored: 29, kept: 1 }, stalls: 1 });
  expect(stats).toMatchObject({ requests: 30 });
}, 60_000);

test('a Redis that was wiped costs only what had not been fetched', async () => {
  stage = await FaultStage.open({ seed: 1, latencyMs: 60, diskMb: 64 });
  for (const worker of stage.workers) worker.ensure();
  await stage.startProducer(1, 1000).ended;
  const kept = await untilStored(300);

  await stage.connection.flushall();
  await stage.startProducer(1, 1000).ended;
  const waited = stage.startCommand(['wait', 'run-1', '--json']);
  await waited.ended;

  const stats = (await (await fetch(`${stage.origin.url}/__origin/stats`)).json()) as {
    requests: number;
  };
  const { outcomes } = JSON.parse(waited.stdout) as { outcomes: Record<string, number> };
  expect(outcomes).toMatchObject({ missing: 1, invalid: 10 });
  expect((outcomes['stored'] ?? 0) + (outcomes['kept'] ?? 0)).toBe(989);
  expect(outcomes['kept']).toBeGreaterThanOrEqual(kept);
  // Besides, those whose answer is no result are asked for again, and what was under way.
  expect(stats.requests).toBeLessThanOrEqual(1000 + 4 + 40);
}, 120_000);

async function untilStored(count: number): Promise<number> {
  return until(`${count} results`, async () => {
    const files = await readdir(join(stage.out, 'comics')).catch(() => []);
    const results = files.filter((file) => file.endsWith('.json'));
    return results.length >= count ? results.length : undefined;
  });
}
