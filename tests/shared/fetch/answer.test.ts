import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeBody, parseRetryAfter } from '../../../shared/fetch/answer.js';

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

const TEXT = Buffer.from('{"title":"gr\u00fcn"}');
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff]);
const BYTES_MAX = 1_000;

test.each([
  [undefined, TEXT],
  ['', TEXT],
  [' , ', TEXT],
  ['identity', TEXT],
  ['UTF-8', TEXT],
  ['none', PICTURE],
  ['binary', PICTURE],
  ['aws-chunked', TEXT],
  ['made up', TEXT],
  ['identity, identity, identity, identity', TEXT],
])('decodeBody() takes Content-Encoding %j for none', (codings, body) => {
  expect(decodeBody(body, codings, BYTES_MAX)).toBe(body);
});

test.each([
  ['GZIP', gzipSync(TEXT)],
  ['gzip, identity', gzipSync(TEXT)],
  ['utf-8, gzip', gzipSync(TEXT)],
  ['aws-chunked,br', brotliCompressSync(TEXT)],
  ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ['deflate', deflateRawSync(TEXT)],
])('decodeBody() undoes Content-Encoding %j', (codings, body) => {
  expect(decodeBody(body, codings, BYTES_MAX)).toEqual(TEXT);
});

test.each([
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x24])],
  ['made up', PICTURE],
  ['gzip', TEXT],
  ['br, gzip', gzipSync(gzipSync(TEXT))],
  ['gzip, gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(gzipSync(TEXT))))],
])(
  'decodeBody() refuses Content-Encoding %j of what it is not, or cannot be undone',
  (codings, body) => {
    expect(() => decodeBody(body, codings, BYTES_MAX)).toThrow(
      expect.objectContaining({ reason: 'bad-compression' }) as Error,
    );
  },
);

test('decodeBody() bounds each of several codings', () => {
  const bomb = gzipSync(gzipSync(Buffer.alloc(BYTES_MAX + 1)));

  expect(() => decodeBody(bomb, 'gzip, gzip', BYTES_MAX)).toThrow(
    expect.objectContaining({ reason: 'too-large' }) as Error,
  );
});
