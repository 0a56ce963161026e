import { expect, test } from 'vitest';
import { blockPageOf } from '../../../shared/fetch/block-page.js';

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
