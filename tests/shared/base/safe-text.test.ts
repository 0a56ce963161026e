import { describe, expect, it } from 'vitest';
import {
  hideQuery,
  safeText,
  safeUrl,
  siteHost,
  siteText,
  trimWord,
  urlText,
} from '../../../shared/base/safe-text.js';

describe('safeText()', () => {
  it.each([
    ['\u001b[2Jgone', '\\u001b[2Jgone'],
    ['two\nlines', 'two\\u000alines'],
    ['LTR \u202eRTL', 'LTR \\u202eRTL'],
    ['\u2066\u061c\u2028\u0085\ufeff', '\\u2066\\u061c\\u2028\\u0085\\ufeff'],
    ['6\u200b14', '6\\u200b14'],
    ['lone \ud83d', 'lone \\ud83d'],
    ['whole 😀 é ٣', 'whole 😀 é ٣'],
  ])('shows %j as %j', (text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it.each([
    ['x'.repeat(10), 10, 'x'.repeat(10)],
    ['x'.repeat(11), 10, `${'x'.repeat(9)}…`],
    ['😀'.repeat(10), 10, '😀'.repeat(10)],
    ['😀'.repeat(11), 10, `${'😀'.repeat(9)}…`],
    ['x'.repeat(1_000_000), 10, `${'x'.repeat(9)}…`],
  ])('cuts %j to %i characters', (text, lengthMax, shown) => {
    expect(safeText(text, lengthMax)).toBe(shown);
  });
});

describe('siteText() and urlText()', () => {
  it.each([
    ['https://x.example/{id}', 'https://x.example/{id}'],
    [
      'https://x.example/s?q={term}&key=secret&n=1#top',
      'https://x.example/s?q={term}&key=[hidden]&n=[hidden]#top',
    ],
    ['https://x.example/?k=c2VjcmV0==&q={term}', 'https://x.example/?k=[hidden]&q={term}'],
    ['https://x.example/?secret&q={term}', 'https://x.example/?[hidden]&q={term}'],
    ['https://x.example/?key=&&q={term}', 'https://x.example/?key=&&q={term}'],
  ])('show %s as %s', (template, shown) => {
    expect(siteText(template)).toBe(shown);
    const [url, expected] = [template, shown].map((text) => text.replace(/\{\w+\}/, 'a%20b'));
    expect(urlText(url ?? '', template)).toBe(expected);
  });

  it('hide all that a redirect adds', () => {
    const url = 'https://x.example/9?key=secret';

    expect(urlText(url, 'https://x.example/{id}')).toBe('https://x.example/9?key=[hidden]');
    expect(hideQuery(url)).toBe('https://x.example/9?key=[hidden]');
  });
});

describe('trimWord()', () => {
  it.each([
    ['\u200b614\u200b', '614'],
    ['\ufeff\u00a0 7 \u200e\u2060', '7'],
    ['\u200d', ''],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['👩\u200d🚀', '👩\u200d🚀'],
    ['a\u200bb', 'a\u200bb'],
  ])('makes %j %j', (text, word) => {
    expect(trimWord(text)).toBe(word);
  });
});

describe('safeUrl()', () => {
  it.each([
    ['https://xkcd.com/7', 'https://xkcd.com/7'],
    ['https://anna:secret@xkcd.com/7', 'https://xkcd.com/7'],
    ['https://anna@xkcd.com/7', 'https://xkcd.com/7'],
    ['https://:secret@xkcd.com/7', 'https://xkcd.com/7'],
    ['//anna:secret@not a url', '//not a url'],
    ['\u001b[2J', '\\u001b[2J'],
  ])('shows %j as %j', (url, shown) => {
    expect(safeUrl(url)).toBe(shown);
  });

  it('takes a parsed URL, and leaves it its password', () => {
    const plain = new URL('https://xkcd.com/7');
    const secret = new URL('https://anna:secret@xkcd.com/7');

    expect([safeUrl(plain), safeUrl(secret)]).toEqual([plain.href, plain.href]);
    expect(secret.password).toBe('secret');
  });
});

describe('siteHost()', () => {
  it.each([
    ['https://xkcd.com/{id}/info.0.json', 'xkcd.com'],
    ['http://127.0.0.1:8080/search?q={term}', '127.0.0.1:8080'],
    ['', ''],
  ])('of %j is %j', (template, host) => {
    expect(siteHost(template)).toBe(host);
  });
});
