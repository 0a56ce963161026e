import { expect, test } from 'vitest';
import { isStarving } from '../../../shared/queues/starvation.js';

const STARVING = { waiting: 3, active: 0, paused: false, oldestWaitingMs: 60_000 };

test('isStarving() when jobs wait for a minute and none is taken', () => {
  expect(isStarving(STARVING)).toBe(true);
});

test.for([
  { ...STARVING, waiting: 0 },
  { ...STARVING, active: 1 },
  { ...STARVING, paused: true },
  { ...STARVING, oldestWaitingMs: 59_999 },
])('isStarving() not with %j', (activity) => {
  expect(isStarving(activity)).toBe(false);
});
