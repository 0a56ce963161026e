import { expect, test } from 'vitest';
import { blockPageOf, parseRetryAfter } from '../../../shared/fetch/answer.js';

const SEARCH = 'https://www.google.com/search?q=Yash';
const SHELL = '<noscript><meta content="0;url=/httpservice/retry/enablejs?sei=x"></noscript>';

test.each([
  [SEARCH, `<html><head>${SHELL}`, 'javascript-page'],
  [SEARCH, '<form method="post" action="https://consent.google.com/save">', 'consent-page'],
  [SEARCH, '<form id="captcha-form" action="index" method="post">', 'robot-page'],
  ['https://consent.google.com/m', undefined, 'consent-page'],
  ['https://www.google.com/sorry/index', undefined, 'robot-page'],
])('blockPageOf() sees what %s with %s is', (url, page, reason) => {
  expect(blockPageOf(new URL(url), page === undefined ? undefined : Buffer.from(page))).toBe(
    reason,
  );
});

test.each([
  [SEARCH, '<html><h1>Results</h1>'],
  [SEARCH, `<html>${' '.repeat(5_000)}${SHELL}`],
  [SEARCH, ''],
  ['https://example.org/?next=/sorry/&host=consent.google.com', undefined],
])('blockPageOf() takes %s with %s for an answer', (url, page) => {
  expect(blockPageOf(new URL(url), Buffer.from(page ?? ''))).toBeUndefined();
});

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1_000;

test.each([
  ['120', 120_000],
  [' 7 ', 7_000],
  ['1', 1_000],
  ['99999999999', DAY_MS],
  ['9'.repeat(400), DAY_MS],
  ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
  ['Monday, 23-Nov-26 12:00:30 GMT', 30_000],
  ['Mon Nov 23 12:00:30 2026', 30_000],
  ['Mon, 23 Nov 2026 12:00:00.5 GMT', 1_000],
  ['Wed, 23 Nov 2033 12:00:00 GMT', DAY_MS],
])('parseRetryAfter() reads %j', (header, waitMs) => {
  expect(parseRetryAfter(header, NOW_MS)).toBe(waitMs);
});

test.each([
  undefined,
  '',
  '0',
  '-5',
  '1.5',
  '1e3',
  'soon',
  'Monday',
  '2027-01-01',
  'Mon, 23 Nov 2026 11:59:59 GMT',
  'Mon, 99 Nov 2026 12:00:30 GMT',
])('parseRetryAfter() finds no wait in %j', (header) => {
  expect(parseRetryAfter(header, NOW_MS)).toBeUndefined();
});
