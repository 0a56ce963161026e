import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT, StoreUnavailableError } from '../../../shared/base/errors.js';
import { latestRecords } from '../../../shared/store/journal.js';
import { openArchive, placeOf, probeLocation } from '../../../shared/store/open-store.js';
import { parseS3Location, S3Bucket } from '../../../shared/store/s3-bucket.js';
import { layerOver } from '../../support/s3-layer.js';
import { type S3rver, startS3rver } from '../../support/s3rver.js';
import { COMIC, FACTS, storeAt } from './place.js';

const BODY = Buffer.from('{"num":614}');

let s3rver: S3rver;

beforeAll(async () => {
  s3rver = await startS3rver();
});

afterAll(() => s3rver.stop());

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a store in S3', () => {
  test('keeps the bytes as they are, and a record of them', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);

    const before = await store.has(COMIC);
    const ending = await store.put(COMIC, BODY, FACTS);

    expect([before, ending, await store.has(COMIC)]).toEqual([false, 'stored', true]);
    expect(await store.read(COMIC)).toEqual(BODY);
    expect(await collected(store.records())).toEqual([
      {
        key: 'comics/614.json',
        outcome: 'stored',
        bytes: 11,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        worker: 'worker-1',
        ...FACTS,
      },
    ]);
    expect(await collected(store.records(new Date(Date.now() + 60_000)))).toEqual([]);
  });

  test('makes two requests a result once its folder is claimed, and leaves nothing else', async () => {
    const server = await layerOver(s3rver);
    const store = await storeAt(server.location);
    await store.put(COMIC, BODY, FACTS);
    server.requests.length = 0;

    const key = { folder: 'comics', file: '7.json' };
    await store.has(key);
    await store.put(key, BODY, FACTS, { replacing: { version: undefined } });

    expect(server.requests).toEqual([
      `HEAD /results/${server.prefix}/comics/7.json`,
      `PUT /results/${server.prefix}/comics/7.json`,
    ]);
    expect(await collected(store.temporaries(AbortSignal.timeout(1000)))).toEqual([]);
  });

  test('replaces a result, unless another worker stored it since the version given', async () => {
    const { location } = await layerOver(s3rver);
    const mine = await storeAt(location);
    const theirs = await storeAt(location, { worker: 'worker-2' });
    const none = { version: await mine.version(COMIC) };

    await theirs.put(COMIC, Buffer.from('theirs'), FACTS);
    const late = await mine.put(COMIC, Buffer.from('mine'), FACTS, { replacing: none });
    const kept = await mine.read(COMIC);
    const seen = { version: await mine.version(COMIC) };
    const next = await mine.put(COMIC, Buffer.from('newest'), FACTS, { replacing: seen });
    const stale = await theirs.put(COMIC, Buffer.from('stale'), FACTS, { replacing: seen });

    expect([late, kept?.toString(), next, stale]).toEqual([
      'superseded',
      'theirs',
      'stored',
      'superseded',
    ]);
    expect((await mine.read(COMIC))?.toString()).toBe('newest');
  });

  test('removes a result, whether it is there or not', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);
    await store.put(COMIC, Buffer.from('old'), FACTS);

    await store.remove(COMIC);
    await store.remove(COMIC);

    expect([await store.has(COMIC), await store.read(COMIC)]).toEqual([false, undefined]);
  });

  test('lets one of twenty workers store a result', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);

    const endings = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.put(COMIC, Buffer.from(`${index}`), FACTS, { replacing: { version: undefined } }),
      ),
    );

    expect(endings.filter((ending) => ending === 'stored')).toHaveLength(1);
  });

  test('notes a missing comic as an object of its own', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);

    await store.note(COMIC, { ...FACTS, status: 404 }, 'missing');

    const records = await latestRecords(openArchive(location).records());
    expect([...records.values()]).toEqual([
      expect.objectContaining({ key: 'comics/614.json', outcome: 'missing', bytes: 0 }),
    ]);
    expect(await store.has(COMIC)).toBe(false);
  });

  test('lists a folder bytewise, a page at a time', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);
    for (const file of ['1.json', '10.json', '2.json', '3.json']) {
      await store.put({ folder: 'comics', file }, BODY, FACTS);
    }

    const first = await store.list('comics', { limit: 3 });
    const second = await store.list('comics', { limit: 3, after: first.next });

    expect(first.results.map(({ key }) => key.file)).toEqual(['1.json', '10.json', '2.json']);
    expect(first.results[0]).toMatchObject({
      bytes: BODY.length,
      storedAt: expect.any(Date) as Date,
    });
    expect(second.results.map(({ key }) => key.file)).toEqual(['3.json']);
    expect(second.next).toBeUndefined();
  });

  test('holds results of one site, and an id that its workers share', async () => {
    const { location, prefix } = await layerOver(s3rver);
    const store = await storeAt(location);
    const second = await storeAt(location, { worker: 'worker-2' });
    await store.put(COMIC, BODY, FACTS);

    const other = storeAt(location, { sites: { comics: 'https://example.com/{id}' } });

    await expect(other).rejects.toMatchObject({
      exitCode: EXIT.badConfig,
      message: expect.stringContaining(`s3://results/${prefix} holds comics from`) as string,
    });
    expect(second.id).toBe(store.id);
    expect(store.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('takes an empty claim for one that is being written', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);
    const bucket = new S3Bucket(parseS3Location(location));
    await bucket.put('.sites/comics', { text: '', contentType: 'text/plain' });
    await bucket.close();

    expect(await store.put(COMIC, BODY, FACTS)).toBe('stored');
  });

  test('says of a server that ignores conditions what that means', async () => {
    const obeying = await layerOver(s3rver);
    const ignoring = await layerOver(s3rver, { obeys: false });

    expect(await probeLocation(obeying.location)).toEqual([]);
    expect(await probeLocation(ignoring.location)).toEqual([
      expect.stringContaining('ignores If-None-Match'),
    ]);
    const ids = [await storeAt(ignoring.location), await storeAt(ignoring.location)];
    expect(ids[0]?.id).toBe(ids[1]?.id);
  });

  test('keeps a URL that is too long for metadata in part', async () => {
    const { location } = await layerOver(s3rver);
    const store = await storeAt(location);
    const url = `https://example.com/?q=${'%E3%81%82'.repeat(512)}`;

    await store.put(COMIC, BODY, { ...FACTS, url });

    const [record] = await collected(store.records());
    expect(record?.url).toBe(url.slice(0, 1000));
  });
});

describe('trouble with S3', () => {
  test.each(['slow-down', 'reset', 'lost'] as const)('%s twice is ridden over', async (kind) => {
    const server = await layerOver(s3rver);
    const store = await storeAt(server.location);
    await store.put({ folder: 'comics', file: '1.json' }, BODY, FACTS);
    server.troubles.push({ method: 'PUT', kind, times: 2 });

    const ending = await store.put(COMIC, BODY, FACTS, { replacing: { version: undefined } });

    expect(ending).toBe('stored');
    expect(await store.read(COMIC)).toEqual(BODY);
  });

  test.each(['slow-down', 'reset', 'denied'] as const)(
    '%s for good makes the store unavailable, for which no job is to blame',
    async (kind) => {
      const server = await layerOver(s3rver);
      const store = await storeAt(server.location);
      await store.put(COMIC, BODY, FACTS);
      for (const method of ['PUT', 'HEAD', 'GET']) {
        server.troubles.push({ method, kind, times: Number.POSITIVE_INFINITY });
      }

      const results = await Promise.allSettled([
        store.put(COMIC, BODY, FACTS),
        store.note(COMIC, FACTS, 'missing'),
        store.has(COMIC),
        store.version(COMIC),
        store.read(COMIC),
        store.probe(),
        store.list('comics', { limit: 1 }),
      ]);

      for (const result of results) {
        expect(result).toEqual({
          status: 'rejected',
          reason: expect.any(StoreUnavailableError) as unknown,
        });
      }
      server.troubles.length = 0;
      await store.probe();
    },
  );

  test('at the start is one sentence with the next step', async () => {
    const server = await layerOver(s3rver);

    await expect(storeAt(server.location.replace('//results', '//unknown'))).rejects.toMatchObject({
      exitCode: EXIT.cannotWrite,
      message: expect.stringMatching(
        /^Cannot read s3:\/\/unknown\/\w+\/\S+: there is no such bucket .*Check the bucket, its endpoint and the credentials, or give another place with --out\.$/,
      ) as string,
    });
    server.troubles.push({ method: 'GET', kind: 'denied', times: 1 });
    await expect(storeAt(server.location)).rejects.toMatchObject({
      exitCode: EXIT.cannotWrite,
      message: expect.stringContaining('the credentials do not allow it') as string,
    });
  });
});

describe('an S3 location', () => {
  test('has a bucket, a prefix and parameters; the rest is what the SDK finds', () => {
    expect(parseS3Location('s3://bucket', {})).toEqual({
      bucket: 'bucket',
      prefix: '',
      endpoint: undefined,
      region: undefined,
      pathStyle: false,
    });
    expect(
      parseS3Location(
        's3://bucket/a/b/?region=eu-1&endpoint=http://127.0.0.1:9000&path-style=no',
        {},
      ),
    ).toEqual({
      bucket: 'bucket',
      prefix: 'a/b/',
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-1',
      pathStyle: false,
    });
    expect(parseS3Location('s3://bucket', { AWS_ENDPOINT_URL: 'http://127.0.0.1' }).pathStyle).toBe(
      true,
    );
  });

  test('is shown without its parameters', () => {
    expect(placeOf('s3://bucket/a?region=eu-1', 'comics')).toBe('s3://bucket/a/comics');
    expect(placeOf('data?', 'comics')).toBe('data?/comics');
  });

  test.each([
    ['s3://', 'names no bucket'],
    ['s3://key:planted-secret@bucket/a', 'credentials come from'],
    ['s3://bucket?regoin=eu', 'regoin means nothing here'],
    ['s3://bucket?endpoint=here', 'endpoint is no URL'],
    ['s3://bucket?path-style=maybe', 'path-style is yes or no'],
  ])('is refused as %s', (text, why) => {
    const parse = () => parseS3Location(text, {});

    expect(parse).toThrow(why);
    expect(parse).not.toThrow('planted-secret');
  });
});
