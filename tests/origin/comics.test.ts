import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asciiJson, comicBody } from '../../origin/comics.js';
import { createOrigin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import { ask, askJson, startOrigin } from './origin-client.js';

const NUMBERS = Array.from({ length: 3_328 }, (_, index) => index + 1);
const TEXT_FIELDS = [
  'month',
  'link',
  'year',
  'news',
  'safe_title',
  'transcript',
  'alt',
  'img',
  'title',
  'day',
];

function fieldsOf(number: number): Record<string, unknown> {
  return JSON.parse(comicBody(number)) as Record<string, unknown>;
}

describe('comicBody', () => {
  test('is ASCII JSON with the number and nothing but strings, for every number', () => {
    const problems = NUMBERS.filter((number) => {
      const { num, extra_parts: extraParts, ...texts } = fieldsOf(number);
      const values = [...Object.values(texts), ...Object.values(extraParts ?? {})];
      return (
        num !== number ||
        !/^[\x20-\x7e]+$/.test(comicBody(number)) ||
        Object.keys(texts).join() !== TEXT_FIELDS.join() ||
        !values.every((value) => typeof value === 'string') ||
        !/^([1-9]|1[0-2])$/.test(String(texts['month']))
      );
    });

    expect(problems).toEqual([]);
  });

  test('is the same for the same number and differs between numbers', () => {
    expect(comicBody(614)).toBe(comicBody(614));
    expect(new Set(NUMBERS.map(comicBody)).size).toBe(NUMBERS.length);
  });

  test('has sizes like real ones: 222 to 17,125 bytes, mostly near one kilobyte', () => {
    const sizes = NUMBERS.map((number) => comicBody(number).length);
    sizes.sort((a, b) => a - b);

    expect(sizes[0]).toBeGreaterThanOrEqual(222);
    expect(sizes[0]).toBeLessThan(300);
    expect(sizes.at(-1)).toBeLessThanOrEqual(17_125);
    expect(sizes.at(-1)).toBeGreaterThan(14_000);
    const middle = sizes[sizes.length >> 1];
    expect(middle).toBeGreaterThan(800);
    expect(middle).toBeLessThan(1_300);
  });

  test('holds every awkward shape within the first 200 numbers', () => {
    const comics = NUMBERS.slice(0, 200).map(fieldsOf);
    const titles = comics.map((comic) => String(comic['title']));

    for (const shape of [/<span/, /^s\/.*\/$/, /^\./, /^\u202e/, /&eacute;/, /\.\.\//]) {
      expect(titles.some((title) => shape.test(title))).toBe(true);
    }
    expect(titles.some((title) => title.includes('\u001b['))).toBe(true);
    expect(comics.some((comic) => comic['transcript'] === '')).toBe(true);
    expect(comics.some((comic) => String(comic['img']).endsWith('/'))).toBe(true);
    expect(comics.some((comic) => 'extra_parts' in comic)).toBe(true);
    expect(new Set(titles).size).toBeLessThan(200);
  });
});

test('asciiJson() escapes what is not ASCII, half of a pair included', () => {
  expect(asciiJson('a"\u202e\ud83d\ude00\udfff\u007f')).toBe(
    '"a\\"\\u202e\\ud83d\\ude00\\udfff\\u007f"',
  );
});

async function recordsFile(content: string | Buffer): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'origin-records-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'records.jsonl');
  await writeFile(file, content);
  return file;
}

test('records are served byte for byte under their numbers, whatever is in them', async () => {
  const odd = Buffer.concat([
    Buffer.from('{ "num":7,"title":"'),
    Buffer.from([0xff, 0xc3, 0xa9]),
    Buffer.from('" }\r'),
  ]);
  const file = await recordsFile(
    Buffer.concat([
      Buffer.from('{"num": 12, "title": "\\u202eold"}\n\n'),
      odd,
      Buffer.from('\n{"num": 12,   "title": "new"}'),
    ]),
  );

  const origin = await startOrigin({ recordsFile: file });

  expect((await ask(origin, '/7/info.0.json')).body).toEqual(odd);
  expect((await ask(origin, '/12/info.0.json')).body.toString()).toBe(
    '{"num": 12,   "title": "new"}',
  );
  expect((await ask(origin, '/8/info.0.json')).status).toBe(404);
  expect(await askJson(origin, '/info.0.json')).toMatchObject({ num: 12 });
});

test.each([
  ['{"num": 1}\nnot json\n', /line 2 is not a JSON object/],
  ['{"title": "x"}\n', /line 1 is not/],
  ['{"num": 0}\n', /line 1 is not/],
  ['\n\n', /holds no record/],
])('records of %j are refused with the line', async (content, message) => {
  const origin = createOrigin({ recordsFile: await recordsFile(content) });

  await expect(origin.start()).rejects.toMatchObject({
    exitCode: EXIT.noInput,
    message: expect.stringMatching(message),
  });
});

test('records that are not there are refused', async () => {
  const origin = createOrigin({ recordsFile: '/nowhere/records.jsonl' });

  await expect(origin.start()).rejects.toMatchObject({
    exitCode: EXIT.noInput,
    message: expect.stringContaining('ENOENT'),
  });
});
