import { describe, expect, test } from 'vitest';
import {
  activeAt,
  chartSvg,
  doneAt,
  drawPlot,
  type Plot,
  plotOn,
  type ThroughputChart,
} from '../../../shared/report/chart.js';
import type { Shape } from '../../../shared/report/svg.js';
import type { Point } from '../../../shared/runs/series.js';

/** Jobs that end evenly over some seconds. */
function evenly(jobs: number, seconds: number, active = 1): Point[] {
  return Array.from({ length: jobs + 1 }, (_, done) => [(done / jobs) * seconds, done, active]);
}

const COMPARED: ThroughputChart = {
  title: '200 comics: one at a time, then fifty',
  subtitle: 'answers after 50 ms',
  headline: { figure: '35.1×', caption: 'as fast as one at a time' },
  jobs: 200,
  run: { label: '50 at a time', note: '655 jobs/s', points: evenly(200, 0.3, 50) },
  baseline: { label: 'one at a time', note: '18.8 jobs/s', points: evenly(200, 10.6) },
  idealSeconds: 0.2,
};

/** The places of the lines of a class, in the order they are drawn. */
function linesOf(svg: string, name: string): [number, number][][] {
  const found = svg.matchAll(new RegExp(`<polyline class="line ${name}" points="([^"]*)"`, 'g'));
  return [...found].map(([, points = '']) =>
    points.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]),
  );
}

describe('chartSvg()', () => {
  test('draws the run, its baseline and the ideal, each named in the legend', () => {
    const svg = chartSvg(COMPARED);

    // One in the legend, one in the chart, and the run and the ideal once more, enlarged.
    expect(linesOf(svg, 'run')).toHaveLength(3);
    expect(linesOf(svg, 'baseline')).toHaveLength(2);
    expect(linesOf(svg, 'ideal')).toHaveLength(3);
    for (const words of ['50 at a time', '655 jobs/s', 'one at a time', 'ideal', '35.1×']) {
      expect(svg).toContain(words);
    }
  });

  test('draws a guess at one at a time as a line of its own, without an end', () => {
    const { baseline: _, ...alone } = COMPARED;
    const svg = chartSvg({
      ...alone,
      ray: { label: 'one at a time as in run-6', perSecond: 18.8 },
    });

    expect(linesOf(svg, 'ray')).toHaveLength(2);
    expect(svg).toContain('one at a time as in run-6, extrapolated');
    expect(svg).not.toContain('dot ray');
  });

  test('places the ends of the lines by their seconds', () => {
    const svg = chartSvg(COMPARED);

    const left = linesOf(svg, 'run')[1]?.[0]?.[0] ?? 0;
    const runEnd = linesOf(svg, 'run')[1]?.at(-1)?.[0] ?? 0;
    const baselineEnd = linesOf(svg, 'baseline')[1]?.at(-1)?.[0] ?? 0;
    expect((baselineEnd - left) / (runEnd - left)).toBeCloseTo(10.6 / 0.3, 0);
  });

  test('is one file that needs nothing else and says what it shows', () => {
    const svg = chartSvg(COMPARED);

    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/);
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>200 comics: one at a time, then fifty</title>');
    expect(svg).toContain('200 jobs worked after 0.30 seconds (655 jobs/s).');
    expect(svg).toContain('Ideal: 0.20 seconds.');
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  test('keeps to one theme when told so', () => {
    const light = chartSvg({ ...COMPARED, theme: 'light' });
    const dark = chartSvg({ ...COMPARED, theme: 'dark' });

    expect(light + dark).not.toContain('prefers-color-scheme');
    expect(light).not.toBe(dark);
  });

  test('escapes what others have written', () => {
    const title = '<script>alert("1 & 2")</script>\u001b[31m\u202e';

    const svg = chartSvg({ ...COMPARED, title });

    expect(svg).not.toContain('<script>');
    expect(svg).toContain(
      '&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;\\u001b[31m\\u202e',
    );
  });

  test('thins a line out to 512 points and keeps its ends', () => {
    const points = evenly(10_000, 60);

    const line = linesOf(
      chartSvg({ ...COMPARED, jobs: 10_000, run: { label: 'run', points } }),
      'run',
    );

    expect(line[1]).toHaveLength(512);
    expect(line[1]?.[0]?.[1]).toBeGreaterThan(line[1]?.[1]?.[1] ?? 0);
    expect(line[1]?.at(-1)?.[1]).toBeLessThan(line[1]?.at(-2)?.[1] ?? 0);
  });

  test('draws a run without a baseline, subtitle, headline or ideal', () => {
    const run = { label: 'alone', points: evenly(9, 3) };

    const svg = chartSvg({ title: 'A run', jobs: 9, run });

    expect(linesOf(svg, 'run')).toHaveLength(2);
    expect(linesOf(svg, 'baseline')).toHaveLength(0);
    expect(svg).toContain('alone: 9 jobs worked after 3.00 seconds.');
  });

  test('says so when no job has ended', () => {
    const svg = chartSvg({ title: 'A run', jobs: 0, run: { label: 'run', points: [] } });

    expect(svg).toContain('no job has ended yet');
    expect(svg).not.toContain('NaN');
  });

  test('shows the baseline while the run has no points', () => {
    const svg = chartSvg({ ...COMPARED, run: { label: 'run', points: [] } });

    expect(svg).not.toContain('no job has ended yet');
    expect(linesOf(svg, 'baseline')).toHaveLength(2);
    expect(linesOf(svg, 'run')).toHaveLength(1);
  });
});

describe('chartSvg() enlarges a run that is much shorter than its baseline', () => {
  test('in seconds of its own', () => {
    expect(chartSvg(COMPARED)).toContain('50 at a time, enlarged (seconds)');
  });

  test('not when both can be seen anyway', () => {
    const run = { label: '2 at a time', points: evenly(200, 5.3, 2) };

    expect(chartSvg({ ...COMPARED, run })).not.toContain('enlarged');
  });

  test('not over a baseline that climbs late', () => {
    const late: Point[] = [
      [0, 0, 1],
      [10, 10, 1],
      [10.6, 200, 1],
    ];

    const svg = chartSvg({ ...COMPARED, baseline: { label: 'late', points: late } });

    expect(svg).not.toContain('enlarged');
  });

  test('without an ideal too', () => {
    const svg = chartSvg({ ...COMPARED, idealSeconds: undefined });

    expect(svg).toContain('enlarged');
    expect(linesOf(svg, 'ideal')).toHaveLength(0);
  });
});

describe('chartSvg() counts elapsed time', () => {
  test.each([
    [59, 'elapsed seconds'],
    [1800, 'elapsed minutes'],
    [36_000, 'elapsed hours'],
  ])('of %d seconds in %s', (seconds, words) => {
    const run = { label: 'run', points: evenly(10, seconds) };

    expect(chartSvg({ title: 'A run', jobs: 10, run })).toContain(`>${words}<`);
  });
});

/** The places of the points of the baseline, as drawn. */
function baselineOf(plot: Plot): [x: number, y: number][] {
  const isBaseline = ({ attributes }: Shape): boolean => attributes['class'] === 'line baseline';
  const points = String(drawPlot(plot).find(isBaseline)?.attributes['points']);
  return points.split(' ').map((place) => place.split(',').map(Number) as [number, number]);
}

describe('plotOn()', () => {
  const paper = { left: 0, right: 640, top: 0, bottom: 320 };

  test('cuts a baseline that goes on beyond the run it is set beside, and marks no end of it', () => {
    const plot = plotOn(paper, COMPARED, 'run');

    const names = drawPlot(plot).map(({ attributes }) => attributes['class']);
    const [x, y] = baselineOf(plot).at(-1) ?? [];
    const [edge, done] = plot.place(plot.lastSeconds, (200 * plot.lastSeconds) / 10.6);
    expect(x).toBeCloseTo(edge, 0);
    expect(y).toBeCloseTo(done, 0);
    expect(names).not.toContain('dot baseline');
    expect(names).toContain('dot run');
  });

  test('cuts a baseline that did more jobs than the chart is high', () => {
    const baseline = { label: 'larger', points: evenly(5000, 0.29) };

    const plot = plotOn(paper, { ...COMPARED, baseline }, 'run');

    const [x, y] = baselineOf(plot).at(-1) ?? [];
    expect(y).toBeCloseTo(plot.frame.top, 0);
    expect(x).toBeLessThan(plot.frame.left + 30);
  });

  test.each([
    [
      'goes straight up',
      [
        [0, 0],
        [0.1, 10],
        [0.1, 5000],
      ],
    ],
    [
      'stands still',
      [
        [0, 0],
        [0.2, 10],
        [900, 10],
      ],
    ],
    [
      'begins beyond it',
      [
        [900, 10],
        [901, 20],
      ],
    ],
  ] as const)('cuts a line that %s', (_, points) => {
    const plot = plotOn(paper, { ...COMPARED, baseline: { label: 'odd', points } }, 'run');

    const { left, right, top, bottom } = plot.frame;
    for (const [x, y] of baselineOf(plot)) {
      expect(x >= left - 0.1 && x <= right + 0.1 && y >= top - 0.1 && y <= bottom + 0.1).toBe(true);
    }
  });

  test('lays a second run over the first, and leaves space for what a live one has to do', () => {
    const overlay = { label: 'run-3', points: evenly(100, 4) };

    const plot = plotOn(paper, { ...COMPARED, overlay, expectedSeconds: 20 });

    expect(plot.lines.map(({ name }) => name)).toEqual(['ideal', 'baseline', 'overlay', 'run']);
    expect(plot.lastSeconds).toBeGreaterThan(20);
  });
});

describe('doneAt()', () => {
  const points = [
    [0, 0],
    [2, 10],
    [2, 12],
  ] as const;

  test('is on the line between two points, and nothing beyond the last', () => {
    expect([0, 1, 2, 3].map((seconds) => doneAt(points, seconds))).toEqual([0, 5, 10, undefined]);
    expect(doneAt(points.slice(2), 1)).toBe(12);
  });
});

describe('activeAt()', () => {
  const points = [
    [0, 0, 4],
    [2, 10, 50],
  ] as const;

  test('is that of the next point, and nothing beyond the last', () => {
    expect([0, 1, 2, 3].map((seconds) => activeAt(points, seconds))).toEqual([
      4,
      50,
      50,
      undefined,
    ]);
  });

  test('is nothing for an ideal, which has no jobs', () => {
    expect(activeAt([[1, 5]], 1)).toBeUndefined();
  });
});
