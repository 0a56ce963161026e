import { describe, expect, it } from 'vitest';
import { openRunsQueue } from '../../../shared/queues/queue.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import {
  currentReport,
  findBaseline,
  readNewestReports,
  readReport,
  storedReport,
} from '../../../shared/report/read-report.js';
import { buildReport, measureOf, type Report } from '../../../shared/report/report.js';
import {
  createRun,
  endRun,
  moveRun,
  readRun,
  writeRunFields,
} from '../../../shared/runs/run-store.js';
import type { Run } from '../../../shared/runs/run.js';
import { useEmptyRedis } from '../../support/empty-redis.js';
import { recordedTally } from './recorded.js';

const SITE = 'https://xkcd.com/{id}/info.0.json';

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

interface Asked {
  readonly baseline?: boolean;
  readonly digest?: string;
  readonly site?: string;
}

async function newRun({ baseline = false, digest = 'd', site = SITE }: Asked = {}): Promise<Run> {
  const runsQueue = openRunsQueue(connection);
  const number = await createRun(connection, runsQueue, {
    kind: 'comic',
    baseline,
    selection: '1-200',
    digest,
    site,
    refetch: false,
    times: 1,
    attempts: 5,
    asked: 200,
    duplicates: 0,
    total: 200,
  });
  await runsQueue.close();
  await moveRun(connection, number, { to: 'sealed', from: ['open'] });
  return found(number);
}

async function found(number: number): Promise<Run> {
  const run = await readRun(connection, number);
  if (run === undefined) throw new Error(`There is no run-${number}`);
  return run;
}

/** Ends a run with a report of 200 stored comics in two seconds. */
async function ended(run: Run, changes: Partial<Report> = {}): Promise<Run> {
  const report = { ...buildReport(run, recordedTally(), { points: [] }), ...changes };
  await endRun(connection, run, { report: JSON.stringify(report), measureOf: measureOf(report) });
  return found(run.number);
}

describe('readReport()', () => {
  it('reads the stored report of a run that has ended', async () => {
    const run = await ended(await newRun(), { bytes: 4711 });

    expect(storedReport(run)?.bytes).toBe(4711);
    expect((await readReport(connection, run)).bytes).toBe(4711);
  });

  it('builds one from what has been counted so far', async () => {
    const run = await newRun();
    await connection.hset(KEYS.tally(run.number), { ended: 3, 'outcome:stored': 3 });

    const report = await readReport(connection, run);

    expect(report).toMatchObject({ ended: 3, outcomes: { stored: 3 }, comparison: null });
    expect(storedReport(run)).toBeUndefined();
  });

  it('builds one where the stored one cannot be read', async () => {
    const run = { ...(await newRun()), report: '{"run":7}' };

    expect(storedReport(run)).toBeUndefined();
    expect(storedReport({ ...run, report: 'soup' })).toBeUndefined();
    expect((await readReport(connection, run)).ended).toBe(0);
  });

  it('compares a run with its baseline', async () => {
    const baseline = await ended(await newRun({ baseline: true }));
    const run = await newRun();

    const { comparison } = await currentReport(connection, run);

    expect(comparison).toMatchObject({
      baselineRun: baseline.number,
      label: 'same selection',
      speedUp: null,
      note: 'no job has ended',
    });
  });
});

describe('storedReport() of one of several passes', () => {
  const medians = {
    passes: 3,
    warmUp: true,
    wallMs: 1000,
    throughputPerSecond: 200,
    concurrency: 50,
    idealMs: 500,
    efficiency: 0.5,
  };

  it('has the figures of all of them', async () => {
    const { number } = await ended(await newRun());
    const passes = JSON.stringify({ medians, comparison: null });
    await writeRunFields(connection, number, { group: 4, pass: 2, passes });

    expect(storedReport(await found(number))).toMatchObject({ group: 4, pass: 2, medians });
  });

  it('has its own where those cannot be read', async () => {
    const { number } = await ended(await newRun());
    await writeRunFields(connection, number, { group: 4, pass: 2, passes: '{"medians":{}}' });

    expect(storedReport(await found(number))).toMatchObject({ medians: null, wallMs: 2000 });
  });
});

describe('readReport() of a run that ended without a baseline', () => {
  it('compares it with the baseline that there is now, and keeps the stored comparison', async () => {
    const run = await ended(await newRun());
    const before = await readReport(connection, run);
    const baseline = await ended(await newRun({ baseline: true }));
    const after = await readReport(connection, run);
    await ended(await newRun({ baseline: true }));
    const kept = await readReport(connection, { ...run, report: JSON.stringify(after) });

    expect(before.comparison).toBeNull();
    expect(after.comparison?.baselineRun).toBe(baseline.number);
    expect(kept.comparison).toEqual(after.comparison);
  });
});

describe('findBaseline()', () => {
  it('prefers the newest of the same selection, then the newest of the same site', async () => {
    const same = await ended(await newRun({ baseline: true }));
    const other = await ended(await newRun({ baseline: true, digest: 'other' }));

    expect((await findBaseline(connection, await newRun()))?.run).toBe(same.number);
    expect((await findBaseline(connection, await newRun({ digest: 'new' })))?.run).toBe(
      other.number,
    );
  });

  it('uses none that was disturbed, did nothing, is of another site or is gone', async () => {
    await ended(await newRun({ baseline: true }), { disturbed: 'a worker stalled' });
    await ended(await newRun({ baseline: true }), { throughputPerSecond: null });
    await ended(await newRun({ baseline: true, site: 'https://other.invalid/{id}' }));
    const gone = await ended(await newRun({ baseline: true }));
    await connection.del(KEYS.run(gone.number));

    expect(await findBaseline(connection, await newRun())).toBeUndefined();
  });

  it('takes a baseline of few jobs for its own selection only', async () => {
    const few = { outcomes: { stored: 5 } };
    const small = await ended(await newRun({ baseline: true, digest: 'five' }), few);

    expect((await findBaseline(connection, await newRun({ digest: 'five' })))?.run).toBe(
      small.number,
    );
    expect(await findBaseline(connection, await newRun())).toBeUndefined();
  });

  it('gives a warm-up none', async () => {
    await ended(await newRun({ baseline: true }));
    const { number } = await ended(await newRun());
    await writeRunFields(connection, number, { group: number });

    expect(await findBaseline(connection, await found(number))).toBeUndefined();
    expect(storedReport(await found(number))?.comparison).toBeNull();
  });

  it('gives a baseline none', async () => {
    await ended(await newRun({ baseline: true }));

    expect(await findBaseline(connection, await newRun({ baseline: true }))).toBeUndefined();
  });
});

describe('readNewestReports()', () => {
  it('gives the newest runs first, with their ages', async () => {
    const first = await newRun();
    const second = await newRun();

    const newest = await readNewestReports(connection, 10, second.createdAtMs + 1000);

    expect(newest.map(({ report, ageMs }) => [report.run, ageMs])).toEqual([
      [second.number, 1000],
      [first.number, 1000 + second.createdAtMs - first.createdAtMs],
    ]);
  });

  it('gives no more than asked for', async () => {
    await newRun();
    const second = await newRun();

    const newest = await readNewestReports(connection, 1, second.createdAtMs);

    expect(newest.map(({ report }) => report.run)).toEqual([second.number]);
  });
});
