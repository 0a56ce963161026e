import { expect, test } from 'vitest';
import type { WorkerEvidence } from './evidence.js';
import { growthFacts } from './growth.js';

function worker(rssMb: (second: number) => number): WorkerEvidence {
  return {
    name: 'worker-2 (1)',
    livedMs: 600_000,
    lines: [],
    leftByItself: false,
    stillRuns: false,
    samples: Array.from({ length: 600 }, (_, second) => ({
      rssMb: rssMb(second),
      descriptors: 40,
      sockets: 20,
    })),
  };
}

test('a worker that holds more and more has grown', () => {
  const { facts } = growthFacts([worker((second) => 90 + second / 5)], 'worker-2');

  expect(facts).toEqual(['worker-2 rssMb: 118 at first, 194 in the end']);
});

test('a worker that has warmed up, and has a peak now and then, has not', () => {
  const rssMb = (second: number) => (second < 30 ? 60 : 100 + (second % 50 === 0 ? 80 : 0));

  const { facts, figures } = growthFacts([worker(rssMb)], 'worker-2');

  expect(facts).toEqual([]);
  expect(figures).toContain('worker-2 descriptors: 40 at first, 40 in the end');
});

test('nothing is said of a worker that was hardly seen', () => {
  expect(growthFacts([], 'worker-2').facts).toEqual([
    'worker-2 was seen 0 times, which is too few',
  ]);
});
