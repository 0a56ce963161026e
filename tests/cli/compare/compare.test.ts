import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { comparisonCsv } from '../../../cli/compare/exports.js';
import { ComparisonReport } from '../../../cli/compare/report.js';
import { Passes } from '../../../shared/report/read-report.js';
import { liveRuns, readRun } from '../../../shared/runs/run-store.js';
import { until } from '../../support/condition.js';
import { type Ending } from '../command-line.js';
import { ComparingPlace } from './comparing.js';

let place: ComparingPlace;

beforeEach(async () => {
  place = await ComparingPlace.open({ latencyMs: 20 });
});

afterEach(async () => {
  await place.close();
});

function documentOf({ stdout }: Ending): ComparisonReport {
  return ComparisonReport.parse(JSON.parse(stdout));
}

describe('compare', () => {
  test('works the same jobs one at a time, then many, and keeps everything', async () => {
    const csv = join(place.data, 'figures.csv');
    const args = ['compare', 'comics', '1-20', '-c', '10', '--json', '--export-csv', csv];

    const ended = await place.run(args);

    expect(ended).toMatchObject({ exitCode: 0 });
    const report = documentOf(ended);
    expect(await readFile(csv, 'utf8')).toBe(comparisonCsv(report));
    const [step] = report.steps;
    expect(report.baseline).toMatchObject({ concurrency: 1, outcomes: { stored: 20 } });
    expect(report.baseline?.wallMs).toBeGreaterThanOrEqual(20 * 20);
    expect(step).toMatchObject({ asked: 10, outcomes: { stored: 20 }, note: null, range: null });
    expect(step?.concurrency).toBeGreaterThan(1);
    const [rate = 0, baselineRate = 0] = [step, report.baseline].map(
      (one) => one?.throughputPerSecond ?? 0,
    );
    expect(step?.speedUp).toBeCloseTo(rate / baselineRate, 3);
    expect(await readdir(join(place.data, 'compare/run-1/comics'))).toHaveLength(20);
    const files = await readdir(join(place.data, 'compare/run-1'));
    expect(files).toEqual(expect.arrayContaining(['chart.svg', 'report.json', 'report.md']));
    const kept = await readFile(report.files.json, 'utf8');
    expect(JSON.parse(kept)).toEqual(JSON.parse(ended.stdout));
    expect(await readFile(report.files.chart ?? '', 'utf8')).toContain('10 at a time');
  });

  test('fetches again what it has, pass by pass, and leaves the comparison to the board', async () => {
    const ended = await place.run([
      'compare',
      'comics',
      '1-12',
      '-c',
      '5',
      '--repeat',
      '3',
      '--json',
    ]);

    const report = documentOf(ended);
    expect(
      report.reports.map(({ run, group, pass, baseline }) => [run, group, pass, baseline]),
    ).toEqual([
      [2, 1, 1, true],
      [3, 1, 1, false],
      [4, 1, 2, true],
      [5, 1, 2, false],
      [6, 1, 3, true],
      [7, 1, 3, false],
    ]);
    expect(report.steps[0]).toMatchObject({ outcomes: { stored: 36 }, runs: [3, 5, 7] });
    for (const number of [3, 5, 7]) {
      const run = await readRun(place.connection, number);
      const { medians, comparison } = Passes.parse(JSON.parse(run?.passes ?? ''));
      expect(medians.throughputPerSecond).toBe(report.steps[0]?.throughputPerSecond);
      expect(comparison).toMatchObject({
        baselineThroughputPerSecond: report.baseline?.throughputPerSecond,
        speedUp: report.steps[0]?.speedUp,
        range: report.steps[0]?.range,
      });
    }
    expect(await readRun(place.connection, 1)).toMatchObject({ group: 1, pass: 0, total: 12 });
    expect(await place.requests()).toBe(12 * 7);
  });

  test('sweeps over concurrencies after a warm-up at the highest, its table on stderr for an export', async () => {
    const args = ['compare', 'comics', '1-12', '--sweep', '1,2,4', '--export-markdown', '-'];

    const ended = await place.run(args);

    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toMatch(/^# 12 comics from \S+ \(1-12\)\n/);
    expect(ended.stderr).toMatch(/warm-up +4 at a time/);
    expect(ended.stderr).toMatch(/^at a time +wall +jobs\/s +speed-up/m);
    expect(ended.stderr.match(/^(?:baseline|1|2|4) +[\d.]+ s/gm)).toHaveLength(4);
    expect(await readFile(join(place.data, 'compare/run-1/sweep.svg'), 'utf8')).toContain('<svg');
  });

  test('exits with 99 below the speed-up asked for', async () => {
    const ended = await place.run([
      'compare',
      'comics',
      '1-12',
      '-c',
      '2',
      '--no-warm-up',
      '--min-speedup',
      '100',
    ]);

    expect(ended.exitCode).toBe(99);
    expect(ended.stderr).toContain('The speed-up is below the 100× asked for: it is ');
    expect(ended.stderr).not.toContain('warm-up');
    expect(await place.requests()).toBe(12 * 2);
  });

  test('compares sleeps, which have no site and no results', async () => {
    const ended = await place.run(['compare', 'sleeps', '0.4', '0.4', '0.4', '-c', '3', '--json']);

    const report = documentOf(ended);
    expect(ended.exitCode).toBe(0);
    expect(report.baseline?.outcomes).toEqual({ slept: 3 });
    expect(report.baseline?.wallMs).toBeGreaterThanOrEqual(1200);
    expect(report.steps[0]?.wallMs).toBeGreaterThanOrEqual(400);
    expect(report.steps[0]?.wallMs).toBeLessThan(report.baseline?.wallMs ?? 0);
    expect(report.warmUp).toBe(false);
  });
});

describe('compare, when it cannot', () => {
  test('tells a block page, cancels the rest and exits with 1', async () => {
    await place.close();
    place = await ComparingPlace.open({ faults: ['robot'] });

    const ended = await place.run([
      'compare',
      'searches',
      'Yash',
      'KOSS',
      'Your Name',
      '--no-warm-up',
      '--json',
    ]);

    const report = documentOf(ended);
    expect(ended.exitCode).toBe(1);
    expect(report.steps).toEqual([]);
    expect(report.baseline?.outcomes).toEqual({ blocked: 1, cancelled: 2 });
    expect(report.interruption).toContain('the site took the worker for a robot');
    expect(await readdir(join(place.data, 'compare/run-1'))).not.toContain('searches');
  });

  test('cancels its run at Ctrl-C and exits with 130', async () => {
    const { process, ended } = place.start(['compare', 'sleeps', '60', '60']);
    await until('a run is live', async () => (await liveRuns(place.connection)).length > 0);
    process.kill('SIGINT');

    expect((await ended).exitCode).toBe(130);
    expect((await ended).stderr).toMatch(/: Stopped before there was a comparison: .* runs\b.*\n$/);
    expect((await readRun(place.connection, 1))?.state).toBe('cancelled');
    expect((await ended).stdout).toBe('');
  });

  test('refuses queues that a worker is connected to, and measures that worker when told to', async () => {
    const worker = place.start(['work', '-c', '5', '--kinds', 'comics']);
    await until(
      'a worker is there',
      async () => (await place.connection.zcard('{comic-queue}:worker:index')) > 0,
    );

    const refused = await place.run(['compare', 'comics', '1-5', '-c', '5']);
    const measured = await place.run(['compare', 'comics', '1-10', '--use-workers', '--json']);
    worker.process.kill('SIGTERM');

    expect(refused.exitCode).toBe(75);
    expect(refused.stderr).toContain('would take its jobs');
    expect(measured.exitCode).toBe(0);
    expect(documentOf(measured)).toMatchObject({ workers: 'connected', steps: [{ asked: 5 }] });
    expect((await worker.ended).exitCode).toBe(0);
  });

  test('needs a worker for --use-workers', async () => {
    const ended = await place.run(['compare', 'comics', '1-5', '--use-workers']);

    expect(ended.exitCode).toBe(69);
    expect(ended.stderr).toMatch(/none that asks http\S+ is connected .* Start one: .* work /);
  });

  test('asks before it asks a site elsewhere very often', async () => {
    const elsewhere = { COMIC_QUEUE_COMIC_URL: 'https://comics.example/{id}' };

    const ended = await place.run(['compare', 'comics', '1-200', '--sweep', '1,2,5'], elsewhere);

    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain('This would ask comics.example 1,000 times');
    expect(await liveRuns(place.connection)).toEqual([]);
  });
});
