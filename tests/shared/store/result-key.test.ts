import { expect, test } from 'vitest';
import { checkedKey, fileNameOfTerm, keyText, parseKey } from '../../../shared/store/result-key.js';

test.each(['comics/614.json', 'searches/Your-Name-0123456789.html', 'searches/君の名は-0.html'])(
  'parseKey() takes %j and keyText() gives it back',
  (text) => {
    expect(keyText(parseKey(text))).toBe(text);
  },
);

test.each([
  '',
  'comics',
  'comics/',
  '/etc/passwd',
  'comics/../x',
  '../comics/x',
  'comics/a/b',
  'comics/..',
  'comics/.hidden',
  'comics/-rf',
  'comics/a\\b',
  'comics/a\u0000',
  'comics/a:b',
  'comics/a\u202eb',
  'comics/dot.',
  'comics/CON',
  'comics/nul.json',
  'comics/Com1.html',
  'Comics/1.json',
  'journal/a.jsonl',
  '.sites/comics',
  `comics/${'字'.repeat(86)}`,
])('parseKey() refuses %j', (text) => {
  expect(() => parseKey(text)).toThrow(expect.objectContaining({ reason: 'bad-name' }) as Error);
});

test.each([
  ['Yash', 'Yash-'],
  ['Your Name', 'Your-Name-'],
  ['君の名は。', '君の名は-'],
  ['../../etc/passwd', 'etc-passwd-'],
  ['%2e%2e', '2e-2e-'],
  ['a\u0000b\nc', 'a-b-c-'],
  ['CON', 'CON-'],
  ['-rf', 'rf-'],
  ['.hidden.', 'hidden-'],
  ['\u001b[31mred', '31mred-'],
  ['<script>alert(1)</script>', 'script-alert-1-script-'],
  ['\u{1f600}'.repeat(64), 'search-'],
  ['gpj.\u202eexe', 'gpj-exe-'],
  ['\ud800', 'search-'],
  ['...', 'search-'],
  ['', 'search-'],
])('fileNameOfTerm(%j) is safe and begins with %j', (term, start) => {
  const file = fileNameOfTerm(term);

  expect(file).toMatch(/-[0-9a-f]{10}\.html$/);
  expect(file.slice(0, -'0123456789.html'.length)).toBe(start);
  expect(() => checkedKey({ folder: 'searches', file })).not.toThrow();
});

test.each(['x'.repeat(512), '字'.repeat(512), 'e\u0301'.repeat(256), `a${'\u0300'.repeat(511)}`])(
  'fileNameOfTerm() keeps a long term within 255 bytes',
  (term) => {
    const file = fileNameOfTerm(term);

    expect(Buffer.byteLength(file)).toBeLessThanOrEqual(255);
    expect(file.isWellFormed()).toBe(true);
    expect(() => checkedKey({ folder: 'searches', file })).not.toThrow();
  },
);

test('fileNameOfTerm() gives one name to NFC and NFD, and different ones to all else', () => {
  expect(fileNameOfTerm('caf\u00e9')).toBe(fileNameOfTerm('cafe\u0301'));
  expect(fileNameOfTerm('Yash')).toBe('Yash-48a534e64e.html');
  const others = ['yash', 'YASH', 'Yash ', 'Yash!', '\ud800', '\ud801', '\ufffd'];
  const names = others.map((term) => fileNameOfTerm(term).toLowerCase());
  expect(new Set(names).size).toBe(others.length);
});
