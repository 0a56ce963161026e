import { expect, test } from 'vitest';
import type { ScheduledWatch } from '../../../shared/queues/watches.js';
import { everyText, watchText } from '../../../shared/report/watch-text.js';

const WATCH: ScheduledWatch = {
  kind: 'comic',
  everyMs: 3_600_000,
  site: '',
  pictures: false,
  known: 3328,
  lookedAtMs: 0,
  problem: '',
  nextAtMs: 1_000_000,
};

test('a watch says how often, up to where, and when it looks next', () => {
  expect(watchText(WATCH, 280_000)).toBe(
    'comics are watched every 1 h: known up to 3328, next look in 12 min',
  );
  expect(watchText({ ...WATCH, pictures: true, nextAtMs: undefined }, 0)).toBe(
    'comics and their pictures are watched every 1 h: known up to 3328, next look due',
  );
});

test('a watch whose last look failed says why', () => {
  expect(watchText({ ...WATCH, problem: 'no answer' }, 280_000)).toMatch(
    /next look in 12 min\. The last look failed: no answer$/,
  );
});

test('a time between looks has the largest unit without a fraction', () => {
  expect([86_400_000, 5_400_000, 61_000].map(everyText)).toEqual(['1 d', '90 min', '61 s']);
});
