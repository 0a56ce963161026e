import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueue } from '../../../shared/queues/queue.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { writeRunFields } from '../../../shared/runs/run-store.js';
import { until } from '../../support/condition.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { ask, startWorkedBoard, type WorkedBoard } from '../board-under-test.js';

const PACKAGES = ['api', 'ui', 'express'] as const;

interface BoardJob {
  readonly id: string;
  readonly name: string;
  readonly returnValue: unknown;
}

interface BoardQueue {
  readonly name: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly hasWorkers: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly BoardJob[];
}

let worked: WorkedBoard;

beforeAll(async () => {
  worked = await startWorkedBoard(3);
});

afterAll(async () => {
  await worked.close();
});

async function queueOf(name: string): Promise<{ queue: BoardQueue | undefined; bytes: number }> {
  const { text } = await ask(`${worked.board.url}/api/queues?activeQueue=${name}`);
  const { queues } = JSON.parse(text) as { queues: BoardQueue[] };
  return { queue: queues.find((one) => one.name === name), bytes: text.length };
}

describe('Bull Board', () => {
  it('stays pinned to one version, of which there is one copy', async () => {
    const own = JSON.parse(await readFile(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const versions = PACKAGES.map((name) => own.dependencies[`@bull-board/${name}`]);
    const lock = await readFile(join(PROJECT_ROOT, 'package-lock.json'), 'utf8');

    expect(new Set(versions).size).toBe(1);
    expect(versions[0]).toMatch(/^\d+\.\d+\.\d+$/);
    for (const name of PACKAGES) {
      expect(lock.split(`node_modules/@bull-board/${name}"`)).toHaveLength(2);
    }
  });

  it('names jobs by what they are about, and says how they ended', async () => {
    const { queue } = await queueOf('comics');

    expect(queue?.hasWorkers).toBe(true);
    expect(queue?.description).toMatch(/^1 worker, 10 at a time · run-1 · 3 comics/);
    expect(queue?.jobs.map(({ name }) => name).toSorted()).toEqual(['1', '2', '3']);
    expect(queue?.jobs[0]?.returnValue).toMatchObject({ reason: 'stored', status: 200 });
  });

  it('names runs by their results, and holds their reports', async () => {
    const { queue } = await queueOf('runs');

    expect(queue?.jobs[0]?.name).toMatch(/^3 comics · concurrency \d+: \d/);
    expect(queue?.jobs[0]?.returnValue).toMatchObject({ report: { run: 1, ended: 3 } });
  });

  it('names runs as they are seen everywhere else, also when that changed after they ended', async () => {
    const medians = {
      passes: 3,
      warmUp: false,
      wallMs: 1000,
      throughputPerSecond: 321,
      concurrency: 50,
      idealMs: null,
      efficiency: null,
    };
    const passes = JSON.stringify({ medians, comparison: null });
    await writeRunFields(worked.place.connection, 1, { passes });

    await until('the row of the run has changed', async () => {
      const { queue } = await queueOf('runs');
      return queue?.jobs[0]?.name === '3 comics · concurrency 50: 321 jobs/s (median of 3)';
    });
    const { text } = await ask(`${worked.board.url}/api/queues/runs/run-1`);

    expect(text).toContain('concurrency 50: 321 jobs/s (median of 3)');
  });

  it('counts what was done, not what is still held of it', async () => {
    await worked.place.connection.hset(KEYS.totals('comics'), {
      'outcome:stored': 60_000,
      'outcome:invalid': 98,
      'outcome:cancelled': 7,
      dropped: 1_000_000,
      triedAgain: 98,
    });

    const counts = await until('the queue has been read again', async () => {
      const { queue } = await queueOf('comics');
      return queue?.counts['completed'] === 60_000 && queue.counts;
    });

    expect(counts).toMatchObject({ completed: 60_000, failed: 0 });
  });

  it('has no tab that never fills', async () => {
    const { text } = await ask(`${worked.board.url}/api/queues`);
    const { queues } = JSON.parse(text) as { queues: { statuses: string[] }[] };

    const tabs = new Set(queues.flatMap(({ statuses }) => statuses));
    expect(tabs).toEqual(
      new Set(['latest', 'active', 'waiting', 'completed', 'failed', 'delayed']),
    );
  });

  it('shows times with their zone, and while it loads the colours of the theme', async () => {
    const { text } = await ask(`${worked.board.url}/`);

    expect(text.match(/"timeZoneName":"short"/g)).toHaveLength(3);
    expect(text).toContain('background:var(--background);');
    expect(text).toContain('color:var(--muted-foreground);');
  });

  it('lists workers by name, with their concurrency', async () => {
    const { text } = await ask(`${worked.board.url}/api/queues/comics-baseline/workers`);

    expect(JSON.parse(text)).toMatchObject({ workers: [{ name: 'w1 · 1 at a time' }] });
  });

  it('sends little of a job that is large', async () => {
    const large = 'x'.repeat(300_000);
    const queue = openQueue('sleeps-baseline', worked.place.connection);
    await queue.pause();
    const job = await queue.add(large, { large }, { jobId: 'foreign' });
    await job.updateProgress({ large });
    const listed = await queueOf('sleeps-baseline');
    const { text } = await ask(`${worked.board.url}/api/queues/sleeps-baseline/foreign`);
    await queue.close();

    expect(listed.queue?.jobs).toHaveLength(1);
    expect(listed.bytes).toBeLessThan(30_000);
    expect(text.length).toBeLessThan(20_000);
  });
});
