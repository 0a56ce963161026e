import { inflateSync } from 'node:zlib';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Origin } from '../../origin/server.js';
import { ask, askJson, startOrigin } from './origin-client.js';

/** The path of the picture that the record of a comic names. */
async function pathOf(origin: Origin, number: number): Promise<string> {
  const { img } = (await askJson(origin, `/${number}/info.0.json`)) as { img: string };
  return new URL(img).pathname;
}

function sizeOf(png: Buffer): readonly [width: number, height: number] {
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

test('each record names a picture of its own, which is a whole PNG file', async () => {
  const origin = await startOrigin();

  const [one, other] = await Promise.all(
    [1, 8].map(async (number) => ask(origin, await pathOf(origin, number))),
  );

  const { body = Buffer.alloc(0), headers } = one ?? {};
  expect(headers).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(body.length),
  });
  expect(sizeOf(body)).toEqual([96, 64]);
  const from = body.indexOf('IDAT');
  const pixels = inflateSync(body.subarray(from + 4, from + 4 + body.readUInt32BE(from - 4)));
  expect(pixels).toHaveLength(64 * 97);
  expect(body.subarray(-8, -4).toString()).toBe('IEND');
  expect(other?.body.equals(body)).toBe(false);
});

test.each([
  [3, 'image/jpeg', /_3_\(1\)\.jpg$/],
  [7, 'image/gif', /_7\.gif$/],
  [14, 'image/jpeg', /_14\.png$/],
  [21, 'image/png', /\/landing\/.*_21\.png$/],
])('comic %j has a picture in %s, named like %s', async (number, contentType, name) => {
  const origin = await startOrigin();
  const path = await pathOf(origin, number);

  const picture = await ask(origin, path, { headers: { 'accept-encoding': 'gzip' } });

  expect(path).toMatch(name);
  expect(picture).toMatchObject({ status: 200, headers: { 'content-type': contentType } });
  expect(picture.headers).not.toHaveProperty('content-encoding');
});

test('later comics have one in twice the size, but for some', async () => {
  const origin = await startOrigin();
  const large = async (number: number) => {
    const path = await pathOf(origin, number);
    return ask(origin, path.replace(/(?=\.[a-z]+$)/, '_2x'));
  };

  expect(sizeOf((await large(1100)).body)).toEqual([192, 128]);
  // 1114 is odd in that; 1050 is too old.
  expect((await large(1114)).status).toBe(404);
  expect((await large(1050)).status).toBe(404);
});

test.each([
  '/comics/',
  '/comics/other_1.png',
  '/comics/brave_404.png',
  '/comics/%',
  '/comics/x.png',
])('%s is no picture', async (path) => {
  expect((await ask(await startOrigin(), path)).status).toBe(404);
});

test('recorded comics have pictures under the names that they give', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'origin-records-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const recordsFile = join(directory, 'records.jsonl');
  const record = { num: 7, img: 'https://imgs.example.invalid/comics/kettle (1).jpg' };
  await writeFile(recordsFile, `${JSON.stringify(record)}\n{"num": 8}\n`);
  const origin = await startOrigin({ recordsFile });

  expect(await ask(origin, '/comics/kettle%20(1).jpg')).toMatchObject({
    status: 200,
    headers: { 'content-type': 'image/jpeg' },
  });
  expect((await ask(origin, '/comics/other.jpg')).status).toBe(404);
});

test('faults hit pictures like other pages, and alone where they are asked to', async () => {
  const origin = await startOrigin({ faults: ['503?only=pictures&ids=8', '403?ids=9'] });
  const statusOf = async (path: string) => (await ask(origin, path)).status;
  const nine = (await ask(await startOrigin(), '/9/info.0.json')).body.toString();
  const pathOfNine = /\/comics\/[^"]+/.exec(nine)?.[0] ?? '';

  expect(await statusOf(await pathOf(origin, 8))).toBe(503);
  expect(await statusOf('/8/info.0.json')).toBe(200);
  expect(await statusOf('/9/info.0.json')).toBe(403);
  expect(await statusOf(pathOfNine)).toBe(403);
});
