import { describe, expect, test } from 'vitest';
import { kneeOf, sweepSvg, type SweepPoint } from '../../../shared/report/chart-sweep.js';

function sweep(...steps: [concurrency: number, speedUp: number][]): SweepPoint[] {
  return steps.map(([concurrency, speedUp]) => ({ concurrency, speedUp, range: null }));
}

const BENT = sweep([1, 1], [2, 1.96], [5, 4.8], [10, 9.4], [20, 18.1], [50, 35.1], [100, 37]);

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

  test('is a chart also of nothing, and of a slow-down', () => {
    expect(sweepSvg({ title: 'Nothing', points: [] })).not.toMatch(/NaN|Infinity/);
    expect(sweepSvg({ title: 'Worse', points: sweep([1, 0.4]) })).toContain('>0.40×<');
  });
});
