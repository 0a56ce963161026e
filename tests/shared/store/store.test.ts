import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT, StoreUnavailableError } from '../../../shared/base/errors.js';
import { latestRecords } from '../../../shared/store/journal.js';
import { COMIC, emptyDirectory, FACTS, storeAt } from './place.js';

const BODY = Buffer.from('{"num":614}');

describe.each(['full', 'rename'] as const)('a store with durability %s', (durability) => {
  test('keeps the bytes as they are, and a record of them', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out, { durability });

    const before = await store.has(COMIC);
    const ending = await store.put(COMIC, BODY, FACTS);

    expect([before, ending, await store.has(COMIC)]).toEqual([false, 'stored', true]);
    expect(readFileSync(join(out, 'comics/614.json'))).toEqual(BODY);
    expect(await store.read(COMIC)).toEqual(BODY);
    expect(journalOf(out)).toEqual([
      {
        key: 'comics/614.json',
        outcome: 'stored',
        bytes: 11,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        worker: 'worker-1',
        ...FACTS,
      },
    ]);
  });

  test('leaves nothing but results and journal behind, whatever is put at a time', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out, { durability });
    const files = Array.from({ length: 200 }, (_, index) => `${index + 1}.json`);

    const puts = files.map((file) => store.put({ folder: 'comics', file }, BODY, FACTS));
    await Promise.all(puts);

    expect(readdirSync(out).toSorted()).toEqual(['.sites', '.store-id', 'comics', 'journal']);
    expect(readdirSync(join(out, 'comics')).toSorted()).toEqual(files.toSorted());
    expect(journalOf(out)).toHaveLength(200);
  });

  test('replaces a result, unless another worker stored it since the version given', async () => {
    const out = emptyDirectory();
    const mine = await storeAt(out, { durability });
    const theirs = await storeAt(out, { durability, worker: 'worker-2' });
    const none = { version: await mine.version(COMIC) };

    await theirs.put(COMIC, Buffer.from('theirs'), FACTS);
    const late = await mine.put(COMIC, Buffer.from('mine'), FACTS, { replacing: none });
    const kept = await mine.read(COMIC);
    const seen = { version: await mine.version(COMIC) };
    const next = await mine.put(COMIC, Buffer.from('newest'), FACTS, { replacing: seen });

    expect([late, kept?.toString(), next]).toEqual(['superseded', 'theirs', 'stored']);
    expect(readdirSync(join(out, 'comics'))).toEqual(['614.json']);
    expect((await mine.read(COMIC))?.toString()).toBe('newest');
  });

  test('makes its folder again when it has been removed', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out, { durability });
    await store.put(COMIC, BODY, FACTS);
    await store.has(COMIC);

    rmSync(join(out, 'comics'), { recursive: true });
    const has = await store.has(COMIC);
    await store.put(COMIC, BODY, FACTS);

    expect([has, existsSync(join(out, 'comics/614.json'))]).toEqual([false, true]);
  });

  test('refuses to write where a directory or a link is', async () => {
    const out = emptyDirectory();
    const outside = join(emptyDirectory(), 'outside.json');
    writeFileSync(outside, 'untouched');
    mkdirSync(join(out, 'comics/1.json'), { recursive: true });
    symlinkSync(outside, join(out, 'comics/2.json'));
    symlinkSync('/nowhere', join(out, 'comics/3.json'));
    const store = await storeAt(out, { durability });

    for (const file of ['1.json', '2.json', '3.json']) {
      const key = { folder: 'comics', file };
      await expect(store.put(key, BODY, FACTS)).rejects.toMatchObject({ reason: 'bad-name' });
      await expect(store.has(key)).rejects.toMatchObject({ reason: 'bad-name' });
    }

    expect(readFileSync(outside, 'utf8')).toBe('untouched');
    expect(readdirSync(join(out, 'comics')).toSorted()).toEqual(['1.json', '2.json', '3.json']);
  });

  test('blames no job for a folder that has become a link', async () => {
    const out = emptyDirectory();
    const elsewhere = emptyDirectory();
    const store = await storeAt(out, { durability });
    symlinkSync(elsewhere, join(out, 'comics'));

    for (const act of [() => store.put(COMIC, BODY, FACTS), () => store.has(COMIC)]) {
      await expect(act()).rejects.toBeInstanceOf(StoreUnavailableError);
    }
    await expect(store.probe()).rejects.toThrow(/comics: it is a symbolic link$/);

    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('is begun again when its directory is removed', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out, { durability });
    await store.put(COMIC, BODY, FACTS);
    await store.has(COMIC);

    rmSync(out, { recursive: true });
    await store.put(COMIC, BODY, FACTS);
    const other = storeAt(out, { sites: { comics: 'https://other.example/{id}' } });

    await expect(other).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    expect(readFileSync(join(out, 'comics/614.json'))).toEqual(BODY);
    expect(journalOf(out)).toHaveLength(1);
  });

  test('stores nothing in a directory that has become another site\u2019s', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out, { durability });
    await store.put(COMIC, BODY, FACTS);
    rmSync(out, { recursive: true });
    mkdirSync(out);
    const sites = { comics: 'https://other.example/{id}' };
    const other = await storeAt(out, { durability, sites, worker: 'worker-2' });
    await other.put({ folder: 'comics', file: '1.json' }, BODY, FACTS);

    for (const act of [
      () => store.probe(),
      () => store.put(COMIC, BODY, FACTS),
      () => store.note(COMIC, FACTS, 'missing'),
    ]) {
      await expect(act()).rejects.toThrow(/other\.example.*xkcd\.com/);
    }

    expect(readdirSync(join(out, 'comics'))).toEqual(['1.json']);
    expect(readdirSync(join(out, 'journal'))).toEqual(['worker-2.jsonl']);
  });
});

describe('a store', () => {
  test.each([
    { folder: 'comics', file: '../614.json' },
    { folder: '..', file: '614.json' },
    { folder: 'journal', file: 'worker-1.jsonl' },
    { folder: 'comics', file: 'x'.repeat(256) },
  ])('takes no result under %j', async (key) => {
    const store = await storeAt(emptyDirectory());

    await expect(store.put(key, BODY, FACTS)).rejects.toMatchObject({ reason: 'bad-name' });
    await expect(store.read(key)).rejects.toMatchObject({ reason: 'bad-name' });
  });

  test('two of which write one name at a time leaves one whole file', async () => {
    const out = emptyDirectory();
    const workers = ['worker-1', 'worker-2'];
    const stores = await Promise.all(workers.map((worker) => storeAt(out, { worker })));
    const bodies = stores.map((_, index) => Buffer.alloc(100_000, String(index)));

    for (let round = 0; round < 20; round += 1) {
      const puts = stores.map((store, index) => store.put(COMIC, bodies[index] ?? BODY, FACTS));
      await Promise.all(puts);
      const kept = readFileSync(join(out, 'comics/614.json'));
      expect(bodies.some((body) => body.equals(kept))).toBe(true);
    }

    expect(readdirSync(join(out, 'comics'))).toEqual(['614.json']);
  });

  test('keeps a record of what is missing, without a file', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out);

    await store.note(COMIC, { ...FACTS, status: 404 }, 'missing');

    const latest = await latestRecords(store.records());
    expect(latest.get('comics/614.json')).toMatchObject({ outcome: 'missing', status: 404 });
    expect(existsSync(join(out, 'comics'))).toBe(false);
  });

  test('removes a result, whether it is there or not', async () => {
    const store = await storeAt(emptyDirectory());
    await store.put(COMIC, BODY, FACTS);

    await store.remove(COMIC);
    await store.remove(COMIC);

    expect([await store.has(COMIC), await store.read(COMIC)]).toEqual([false, undefined]);
  });

  test('lists a folder in natural order, a page at a time, without what is no result', async () => {
    const out = emptyDirectory();
    const store = await storeAt(out, { durability: 'rename' });
    for (const id of [10, 2, 1, 33, 4]) {
      await store.put({ folder: 'comics', file: `${id}.json` }, BODY, FACTS);
    }
    writeFileSync(join(out, 'comics/.worker-1.x.1.tmp'), 'half');
    symlinkSync('/etc/passwd', join(out, 'comics/5.json'));

    const first = await store.list('comics', { limit: 3 });
    const second = await store.list('comics', { limit: 3, after: first.next });

    expect(first.results.map(({ key }) => key.file)).toEqual(['1.json', '2.json', '4.json']);
    expect(second.results.map(({ key }) => key.file)).toEqual(['10.json', '33.json']);
    expect([first.next, second.next]).toEqual(['4.json', undefined]);
    expect(first.results[0]).toMatchObject({ bytes: BODY.length });
  });

  test('lists and reads nothing where nothing was ever stored', async () => {
    const store = await storeAt(emptyDirectory());

    const page = await store.list('comics', { limit: 10 });

    expect(page).toEqual({ results: [], next: undefined });
    expect(await store.read(COMIC)).toBeUndefined();
    expect(await latestRecords(store.records())).toEqual(new Map());
  });
});

function journalOf(out: string): unknown[] {
  const lines = readFileSync(join(out, 'journal/worker-1.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}
