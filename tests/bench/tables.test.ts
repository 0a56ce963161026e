import { describe, expect, it } from 'vitest';
import type { Series } from './figures.js';
import { caseReport, type BenchReport } from './report.js';
import { markdownOf, textOf } from './tables.js';

const OURS = { contestant: 'ours', unit: 'comics/s', values: [30, 20] };
const THEIRS = { contestant: 'theirs', unit: 'comics/s', values: [10, 10] };

describe('markdownOf() and textOf()', () => {
  it('show what a comic took of the processor where that was measured', () => {
    const report = reportOf([{ ...OURS, processorMs: [0.5, 0.3] }, THEIRS]);

    const markdown = markdownOf(report, '');

    expect(markdown).toContain(
      '| contestant | measured | the first against it | processor time each |',
    );
    expect(markdown).toContain('| ours | 25.0 comics/s (20.0–30.0) |  | 0.400 ms (0.300–0.500) |');
    expect(markdown).toContain('| theirs | 10.0 comics/s | 2.50× (2.00–3.00) |  |');
    expect(textOf(report)).toMatch(/ours .* 0\.400 ms \(0\.300–0\.500\)/);
  });

  it('have no such column where it was not', () => {
    const report = reportOf([OURS, THEIRS]);

    expect(markdownOf(report, '')).toContain('| ours | 25.0 comics/s (20.0–30.0) |  |\n');
    expect(textOf(report)).not.toContain('processor time');
  });

  it('name a peer that is not installed, and why that is', () => {
    const missing = [{ what: 'Celery', why: 'no python3 can import it' }];

    const report = reportOf([OURS], missing);

    for (const text of [markdownOf(report, ''), textOf(report)]) {
      expect(text).toContain('Missing: Celery (no python3 can import it)');
    }
  });
});

function reportOf(
  series: readonly Series[],
  missing: readonly { what: string; why: string }[] = [],
): BenchReport {
  const about = { name: 'queues', title: 'Queues', method: 'By the clock.', seconds: 1 };
  return {
    startedAt: '2026-11-01T00:00:00.000Z',
    quick: false,
    repeat: 2,
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryGiB: 8,
      system: 'Linux 6',
      filesystem: 'ext4',
      loadAtStart: 0,
      node: 'v20.19.0',
      programs: {},
    },
    cases: [caseReport(about, { contest: true, series, goals: [], missing })],
  };
}
