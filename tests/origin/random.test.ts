import { expect, test } from 'vitest';
import { createRandom } from '../../origin/random.js';

function draw(seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: 5 }, random);
}

test('createRandom() repeats its sequence for the same seed only', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('createRandom() is uniform in [0, 1)', () => {
  const random = createRandom(1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 100_000; index += 1) {
    const bin = Math.floor(random() * 10);
    counts[bin] = (counts[bin] ?? Number.NaN) + 1;
  }

  expect(counts).toHaveLength(10);
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
