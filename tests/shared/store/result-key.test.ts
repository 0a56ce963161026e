import { expect, test } from 'vitest';
import { keyText, parseKey } from '../../../shared/store/result-key.js';

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
