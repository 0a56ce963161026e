import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { LedgerRow } from '../../origin/ledger.js';
import { EXIT } from '../../shared/base/errors.js';
import { listWorkers } from '../../shared/queues/heartbeat.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;

afterEach(async () => {
  await place.close();
});

async function requests(): Promise<LedgerRow[]> {
  const response = await fetch(`${place.origin.url}/__origin/requests`);
  const { requests: rows } = (await response.json()) as { requests: LedgerRow[] };
  return rows;
}

async function trouble(): Promise<string | null> {
  const [worker] = await listWorkers(place.connection);
  return worker?.trouble ?? null;
}

it.each(['comics', 'journal'])(
  'a worker whose %s cannot be written waits, blames no job, and comes back with one',
  async (folder) => {
    place = await WorkPlace.open({ latencyMs: 200 });
    await place.startWorker();
    const blocker = join(place.out, folder);
    await writeFile(blocker, '');

    const run = await place.enqueue({ kind: 'comic', inputs: comics(1, 30) });
    await until('the trouble', async () => (await trouble())?.includes(blocker) === true);
    const before = await requests();
    await rm(blocker);
    const report = await place.report(run);

    const [first, second] = (await requests()).slice(before.length);
    const { stored = 0, kept = 0 } = report.reasons;
    expect([stored + kept, report.ended]).toEqual([30, 30]);
    expect(before.length).toBeLessThanOrEqual(13);
    expect(second?.atMs).toBeGreaterThanOrEqual((first?.atMs ?? 0) + (first?.durationMs ?? 0));
  },
);

it('a worker whose results directory is removed begins it again, for its own site only', async () => {
  place = await WorkPlace.open();
  await place.startWorker();
  await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 5) }));

  await rm(place.out, { recursive: true });
  await place.report(await place.enqueue({ kind: 'comic', inputs: comics(11, 15) }));

  const journal = await readFile(join(place.out, 'journal', 'w1.jsonl'), 'utf8');
  expect(journal.trimEnd().split('\n')).toHaveLength(5);
  expect(await readdir(join(place.out, 'comics'))).toHaveLength(5);
  const sites = { comic: { url: 'https://other.example/{id}' } };
  await expect(place.startWorker({ id: 'w2', sites })).rejects.toMatchObject({
    exitCode: EXIT.badConfig,
  });
});
