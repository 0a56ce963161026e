import { describe, expect, test } from 'vitest';
import { kneeOf, sweepSvg, type SweepPoint } from '../../../shared/report/chart-sweep.js';

function sweep(...steps: [concurrency: number, speedUp: number][]): SweepPoint[] {
  return steps.map(([concurrency, speedUp]) => ({ concurrency, speedUp, range: null }));
}

const BENT = sweep([1, 1], [2, 1.96], [5, 4.8], [10, 9.4], [20, 18.1], [50, 35.1], [100, 37]);

/** Two steps that came to the same concurrency; many close together; a decline after the best. */
const SAME = sweep([2, 2], [10, 9], [30, 19.5], [30, 19.7]);
const CLOSE = sweep([20, 15], [24, 15.5], [28, 15.7], [34, 15.8], [40, 15.9]);
const FALLING = sweep([2, 2], [10, 9], [20, 14], [22, 12], [50, 6]);

interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** Where the speed-ups are written: 13 pixels high, and about seven wide for each character. */
function labelsIn(svg: string): Box[] {
  const label = /<text x="([\d.]+)" y="([\d.]+)"><tspan class="strong">([\d.]+×)</g;
  return [...svg.matchAll(label)].map(([, x, y, { length } = '']) => ({
    left: Number(x),
    right: Number(x) + length * 7,
    y: Number(y),
  }));
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && Math.abs(a.y - b.y) < 13;
}

describe('kneeOf()', () => {
  test('is the least concurrency that reaches nine tenths of the best', () => {
    expect(kneeOf(BENT)).toBe(50);
  });

  test('does not mind the order, nor a decline after the best', () => {
    expect(kneeOf(sweep([50, 6], [10, 9.9], [1, 1], [20, 10]))).toBe(10);
  });

  test('has not been reached where the largest concurrency is needed', () => {
    expect(kneeOf(sweep([1, 1], [2, 2], [4, 4]))).toBeUndefined();
  });

  test('has not been reached where two steps came to the largest concurrency', () => {
    expect(kneeOf(sweep([2, 2], [30, 19], [30, 20]))).toBeUndefined();
  });

  test('is none of nothing', () => {
    expect(kneeOf([])).toBeUndefined();
  });
});

describe('sweepSvg()', () => {
  test('marks every step with its speed-up, and the knee', () => {
    const svg = sweepSvg({ title: 'A sweep', points: BENT, knee: 50 });

    expect(svg.match(/class="dot run"/g)).toHaveLength(BENT.length);
    for (const words of ['1.00×', '9.40×', '37.0×']) expect(svg).toContain(`>${words}<`);
    expect(svg.match(/class="ring"/g)).toHaveLength(2);
    expect(svg).toContain('35.1× with 50 at a time, 37.0× with 100 at a time. The knee is at 50.');
  });

  test('draws the range of a step, and a subtitle', () => {
    const points: SweepPoint[] = [{ concurrency: 2, speedUp: 1.9, range: [1.7, 2.4] }];

    const svg = sweepSvg({ title: 'A sweep', subtitle: '5 passes', points, theme: 'dark' });

    expect(svg).toContain('<line class="whisker"');
    expect(svg).toContain('5 passes');
    expect(svg).not.toContain('class="ring"');
  });

  test('writes no label over another, nor over a mark', () => {
    for (const points of [BENT, SAME, CLOSE, FALLING]) {
      const boxes = labelsIn(sweepSvg({ title: 'A sweep', points }));

      expect(boxes).toHaveLength(points.length);
      for (const [index, box] of boxes.entries()) {
        for (const other of boxes.slice(index + 1)) expect(overlap(box, other)).toBe(false);
      }
    }
  });

  test('leaves out labels that have no space, and describes all', () => {
    const crowd = sweep(...Array.from({ length: 40 }, (_, n): [number, number] => [20 + n, 15]));

    const svg = sweepSvg({ title: 'A sweep', points: crowd });

    const labels = labelsIn(svg);
    expect(labels.length).toBeGreaterThan(1);
    expect(labels.length).toBeLessThan(crowd.length);
    expect(svg).toContain('15.0× with 20 at a time');
  });

  test('marks the knee once, where two steps came to its concurrency', () => {
    const points = sweep([2, 2], [30, 12], [30, 20], [50, 21]);

    const svg = sweepSvg({ title: 'A sweep', points, knee: 30 });

    // One in the chart, one in its legend.
    expect(svg.match(/class="ring"/g)).toHaveLength(2);
  });

  test('is a chart also of nothing, and of a slow-down', () => {
    expect(sweepSvg({ title: 'Nothing', points: [] })).not.toMatch(/NaN|Infinity/);
    expect(sweepSvg({ title: 'Worse', points: sweep([1, 0.4]) })).toContain('>0.40×<');
  });
});
