import { describe, expect, test } from 'vitest';
import { comparisonText, throughputBars } from '../../../cli/compare/display.js';
import { comparisonChart, comparisonMarkdown, sweepChart } from '../../../cli/compare/files.js';
import { type Circumstances, ComparisonReport } from '../../../cli/compare/report.js';
import { headlineOf, remarksOf, subjectOf } from '../../../cli/compare/text.js';
import {
  baselineAt,
  ONE_PASS,
  runAt,
  stagedComparison,
  SWEEP,
  THREE_PASSES,
} from './staged-report.js';

const PLAIN = { width: 80, plain: false, strong: (text: string) => text };

describe('buildComparisonReport()', () => {
  test('keeps to its schema, and its keys stay what scripts rely on', () => {
    const report = stagedComparison(SWEEP);

    expect(ComparisonReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(Object.keys(report)).toEqual([
      'version',
      'kind',
      'site',
      'selection',
      'digest',
      'jobs',
      'startedAt',
      'group',
      'passes',
      'warmUp',
      'workers',
      'ratePerSecond',
      'baseline',
      'steps',
      'knee',
      'interruption',
      'files',
      'reports',
    ]);
  });

  test('shows the pass whose speed-up is the median, and counts outcomes over all', () => {
    const report = stagedComparison(THREE_PASSES, { passes: 3 });

    expect(report.baseline).toMatchObject({ run: 3, runs: [1, 3, 5], outcomes: { stored: 600 } });
    expect(report.steps[0]).toMatchObject({ run: 4, runs: [2, 4, 6], outcomes: { stored: 600 } });
  });

  test('finds the knee of a sweep, and none without one', () => {
    expect(stagedComparison(SWEEP).knee).toBe(20);
    expect(stagedComparison(THREE_PASSES).knee).toBeNull();
  });

  test('finds no knee where more was asked for than there was to do at once', () => {
    const at40 = { concurrency: 40 };
    const [baseline, ...steps] = SWEEP;
    const most = [runAt(1, 50, [5, 260], at40), runAt(1, 80, [6, 250], at40)];
    const measured: typeof SWEEP = [baseline, ...steps.slice(0, 3), ...most];

    expect(stagedComparison(measured).knee).toBeNull();
  });

  test('reports a baseline alone when that is all there is', () => {
    const report = stagedComparison([baselineAt(1, 1, 900, { outcomes: { blocked: 1 } })], {
      interruption: 'the site is left alone for 15 min 00 s (robot-page)',
    });

    expect(report.steps).toEqual([]);
    expect(report.baseline?.outcomes).toEqual({ blocked: 1 });
    expect(headlineOf(report)).toBe('No speed-up could be measured');
    expect(remarksOf(report)[0]).toContain('It ended early: the site is left alone for 15 min');
  });
});

describe('remarksOf()', () => {
  /** Five passes, their runs at 50 at a time taking this long each. */
  function passesOf(times: readonly number[], changes: Partial<Circumstances>): ComparisonReport {
    const measured = times.flatMap((wallMs, index) => [
      baselineAt(index + 1, 2 * index + 1, 10_600),
      runAt(index + 1, 50, [2 * index + 2, wallMs]),
    ]);
    const [first, ...others] = measured;
    if (first === undefined) throw new Error('nothing was measured');
    return stagedComparison([first, ...others], { passes: times.length, ...changes });
  }

  test('names passes that took far longer than the rest, and says to measure again', () => {
    const report = passesOf([300, 310, 2900, 290, 300], { warmUp: true });

    expect(report.steps[0]?.outliers).toEqual([3]);
    expect(report.baseline?.outliers).toEqual([]);
    expect(remarksOf(report)).toEqual([
      'Outliers, 50 at a time: pass 3 took 2.90 s, the median 0.30 s. Measure again when nothing else is at work on this machine, the network and the site.',
    ]);
    expect(comparisonMarkdown(report)).toContain('- Outliers, 50 at a time: pass 3 took 2.90 s');
  });

  test('asks for the warm-up where the first pass was slow without one', () => {
    const [remark] = remarksOf(passesOf([2900, 310, 300, 290, 300], { warmUp: false }));

    expect(remark).toMatch(/pass 1 took 2\.90 s.* Leave --no-warm-up out/);
  });

  test('says nothing of passes that vary as they do', () => {
    expect(remarksOf(passesOf([270, 310, 300, 290, 330], { warmUp: true }))).toEqual([]);
  });
});

describe('comparisonText()', () => {
  test('sets baseline and run side by side within 80 columns', () => {
    const lines = comparisonText(stagedComparison(ONE_PASS), PLAIN);

    expect(lines).toEqual([
      '                one at a time  50 at a time',
      'wall time              10.6 s        0.30 s',
      'throughput        18.9 jobs/s    667 jobs/s',
      'speed-up                              35.3×',
      'ideal                  10.3 s        0.21 s',
      'efficiency               97 %          69 %',
      'fetch p50             51.0 ms       51.0 ms',
      'fetch p95             58.0 ms       58.0 ms',
      'fetch p99             61.0 ms       61.0 ms',
      'active at most              1            50',
      'outcomes           200 stored    200 stored',
      '',
      'one at a time  █▌ 18.9 jobs/s',
      `50 at a time   ${'█'.repeat(53)} 667 jobs/s`,
      '',
      '35.3× as fast with 50 at a time (one pass, no warm-up)',
      '',
      'Report   data/compare/run-1/report.md',
      'Results  data/compare/run-1',
    ]);
  });

  test('tells a run of which one job was at work at a time from the baseline', () => {
    const alone = runAt(1, 3, [2, 10_000], { concurrency: 1 });
    const report = stagedComparison([baselineAt(1, 1, 10_000), alone]);

    const [titles = ''] = comparisonText(report, PLAIN);
    expect(titles.trim()).toBe('one at a time  up to 3 at a time');
    expect(throughputBars(report).map(({ label }) => label)).toEqual([
      'one at a time',
      'up to 3 at a time',
    ]);
  });

  test('lists the steps of a sweep within 80 columns', () => {
    const lines = comparisonText(stagedComparison(SWEEP), PLAIN);

    expect(lines.slice(0, 4)).toEqual([
      'at a time    wall  jobs/s  speed-up  effic.  p50 ms  p95 ms  p99 ms',
      'baseline   10.0 s    20.0             103 %      51      58      61',
      '1          10.0 s    20.0     1.00×     2 %      51      58      61',
      '2          5.00 s    40.0     2.00×     4 %      51      58      61',
    ]);
    expect(Math.max(...lines.slice(0, 14).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines).toContain('20.8× as fast with 50 at a time (one pass, no warm-up)');
    expect(lines.some((line) => line.startsWith('The knee is at 20'))).toBe(true);
    expect(lines).toContain('Outcomes of each step: 200 stored.');
  });

  test('lists the ranges of a sweep within 80 columns too', () => {
    const again = SWEEP.flatMap(({ asked, report }) =>
      [1, 2, 3].map((pass) => ({ pass, asked, report })),
    );
    const [first, ...others] = again;
    if (first === undefined) throw new Error('nothing was measured');

    const lines = comparisonText(stagedComparison([first, ...others], { passes: 3 }), PLAIN);

    expect(lines[6]).toBe(
      '50         0.48 s     417     20.8×  20.8–20.8×    43 %      51      58      61',
    );
  });

  test('gives the range of several passes', () => {
    const lines = comparisonText(stagedComparison(THREE_PASSES, { passes: 3 }), PLAIN);

    expect(lines).toContain('35.0× as fast with 50 at a time (median of 3 passes, 32.0× to 40.0×)');
  });

  test('has no figures where nothing was fetched', () => {
    const nothing = {
      wallMs: null,
      throughputPerSecond: null,
      idealMs: null,
      efficiency: null,
      concurrency: 0,
      outcomes: {},
      fetch: { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, longestMs: 0, sumMs: 0 },
    };

    const lines = comparisonText(stagedComparison([baselineAt(1, 1, 1, nothing)]), PLAIN);

    expect(lines[1]).toMatch(/^wall time +–$/);
    expect(lines.join('\n')).toContain('none');
    expect(lines.join('\n')).not.toMatch(/NaN|null|█/);
  });

  test('keeps the results of connected workers out of its files', () => {
    const lines = comparisonText(stagedComparison(ONE_PASS, { workers: 'connected' }), PLAIN);

    expect(lines.join('\n')).not.toContain('Results');
  });
});

describe('remarksOf()', () => {
  test('says when fewer were active than asked for', () => {
    const measured = stagedComparison([ONE_PASS[0], runAt(1, 50, [2, 300], { concurrency: 3 })]);

    expect(remarksOf(measured)).toContain(
      '50 at a time were asked for; at most 3 were active at once.',
    );
  });

  test('says when a rate was in force, and when workers took turns', () => {
    const measured = stagedComparison(
      [baselineAt(1, 1, 10_600, { workers: 2 }), runAt(1, 50, [2, 300])],
      { ratePerSecond: 10, workers: 'connected' },
    );

    expect(remarksOf(measured)).toEqual([
      "The site's rate was limited to 10.0 jobs/s all the time.",
      'The baseline was worked by 2 workers in turn, which costs it at most 2.4 %.',
    ]);
  });

  test('says in which runs the site asked for a pause', () => {
    const measured = stagedComparison([
      ONE_PASS[0],
      runAt(1, 50, [2, 2300], { retries: { throttled: 3 } }),
    ]);

    expect(remarksOf(measured)).toContain(
      'The site asked to be left alone during run-2: the wall time holds that pause.',
    );
  });

  test('names the outcomes of each step of a sweep where they differ', () => {
    const outcomes = { stored: 199, missing: 1 };
    const measured = stagedComparison([
      baselineAt(1, 1, 10_000),
      runAt(1, 2, [2, 5000]),
      runAt(1, 5, [3, 2000], { outcomes }),
    ]);

    expect(remarksOf(measured)).toContain(
      'Outcomes: baseline: 200 stored; 2 at a time: 200 stored; 5 at a time: 199 stored, 1 missing.',
    );
  });

  test('gives the reason where there is no speed-up', () => {
    const outcomes = { kept: 200 };
    const measured = stagedComparison([ONE_PASS[0], runAt(1, 50, [2, 300], { outcomes })]);

    expect(remarksOf(measured)).toContain('No speed-up with 50 at a time: 200 already kept.');
  });
});

describe('comparisonMarkdown()', () => {
  test('is a page with the table and the charts that there are', () => {
    const report = stagedComparison(ONE_PASS);
    const files = { ...report.files, chart: 'data/compare/run-1/chart.svg' };

    const page = comparisonMarkdown({ ...report, files });

    expect(page).toContain('# 200 comics from xkcd.com (1-200)');
    expect(page).toContain('| wall time | 10.6 s | 0.30 s |');
    expect(page).toContain('![Jobs that did their work against elapsed seconds](chart.svg)');
    expect(page).not.toContain('sweep.svg');
    expect(page).toContain('in run-1 to run-2.');
  });

  test('keeps markup in a selection text', () => {
    const selection = '<img src=x> | **bold** [a](b)';
    const report = { ...stagedComparison(SWEEP), selection };
    const files = { ...report.files, sweep: 'data/compare/run-1/sweep.svg' };

    const page = comparisonMarkdown({ ...report, files });

    expect(page).toContain(String.raw`\<img src=x\> \| \*\*bold\*\* \[a\](b)`);
    expect(page).toContain('(sweep.svg)');
  });

  test('leaves out a selection that is not known, and a site where there is none', () => {
    const report = { ...stagedComparison([baselineAt(1, 1, 10_000)]), selection: '', site: '' };

    const page = comparisonMarkdown(report);

    expect(page).toMatch(/^# 200 comics\n/);
    expect(page).toContain('in run-1.');
    expect(subjectOf(report)).toBe('200 comics');
  });
});

describe('the charts of a comparison', () => {
  const series = { run: { points: [] }, baseline: { points: [] } };

  test('show the run against its baseline', () => {
    const report = stagedComparison(THREE_PASSES, { passes: 3 });
    const [step] = report.steps;
    if (step === undefined || report.baseline === null) throw new Error('nothing was measured');

    expect(comparisonChart(report, report.baseline, step, series)).toMatchObject({
      title: '200 comics: one at a time, then 50',
      subtitle: 'xkcd.com · run-4 against run-3 · median of 3 passes',
      headline: { figure: '35.0×' },
      run: { label: '50 at a time', note: '0.30 s · 667 jobs/s' },
      baseline: { label: 'one at a time', note: '10.5 s · 19.0 jobs/s' },
      idealSeconds: 0.206,
    });
  });

  test('have no headline without a speed-up, and no ideal where nothing was fetched', () => {
    const run = runAt(1, 50, [2, 300], {
      outcomes: { kept: 200 },
      idealMs: null,
      throughputPerSecond: null,
    });
    const report = stagedComparison([ONE_PASS[0], run]);
    const [step] = report.steps;
    if (step === undefined || report.baseline === null) throw new Error('nothing was measured');

    const chart = comparisonChart(report, report.baseline, step, series);

    expect(chart.headline).toBeUndefined();
    expect(chart.idealSeconds).toBeUndefined();
    expect(throughputBars(report)).toHaveLength(1);
  });

  test('show a sweep from two concurrencies on', () => {
    expect(sweepChart(stagedComparison(ONE_PASS))).toBeUndefined();
    expect(sweepChart(stagedComparison(SWEEP))).toMatchObject({
      title: '200 comics: speed-up against concurrency',
      subtitle: 'xkcd.com · one pass, no warm-up',
      knee: 20,
    });
  });

  test('call one job by its singular, and a kind that is gone by its name', () => {
    const report = stagedComparison(ONE_PASS);

    expect(subjectOf({ ...report, jobs: 1 })).toBe('1 comic from xkcd.com');
    expect(subjectOf({ ...report, kind: 'riddle' })).toBe('200 riddle from xkcd.com');
  });
});
