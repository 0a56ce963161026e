import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../shared/base/errors.js';
import { latestRecords, readJournals } from '../../../shared/store/journal.js';
import { COMIC, emptyDirectory, FACTS, storeAt } from './place.js';

const BODY = Buffer.from('{}');

test('latestRecords() lets the last line of a key win, over all workers', async () => {
  const out = emptyDirectory();
  const first = await storeAt(out, { worker: 'a' });
  const second = await storeAt(out, { worker: 'b' });

  await second.put(COMIC, BODY, { ...FACTS, fetchedAt: '2026-11-23T12:00:02.000Z', attempt: 2 });
  await first.put(COMIC, BODY, { ...FACTS, fetchedAt: '2026-11-23T12:00:01.000Z' });
  await first.put(COMIC, BODY, { ...FACTS, fetchedAt: '2026-11-23T12:00:01.000Z', attempt: 3 });
  const latest = await latestRecords(first.records());

  expect([...latest.keys()]).toEqual(['comics/614.json']);
  expect(latest.get('comics/614.json')).toMatchObject({ worker: 'b', attempt: 2 });
});

test('readJournals() leaves out those that were last written to before a time', async () => {
  const out = emptyDirectory();
  for (const worker of ['old', 'new']) {
    await (await storeAt(out, { worker })).put(COMIC, BODY, FACTS);
  }
  const before = new Date(Date.now() - 3_600_000);
  utimesSync(join(out, 'journal/old.jsonl'), before, before);

  const records = readJournals(join(out, 'journal'), new Date(Date.now() - 60_000));

  expect((await latestRecords(records)).get('comics/614.json')).toMatchObject({ worker: 'new' });
});

test('readJournals() leaves out a torn end, and the next worker of that name closes it', async () => {
  const out = emptyDirectory();
  const killed = await storeAt(out);
  await killed.put(COMIC, BODY, FACTS);
  await killed.close();
  appendFileSync(join(out, 'journal/worker-1.jsonl'), '{"key":"comics/615.json","outc');

  const torn = await keysOf(out);
  const next = await storeAt(out);
  await next.put({ folder: 'comics', file: '616.json' }, BODY, FACTS);

  expect(torn).toEqual(['comics/614.json']);
  expect(await keysOf(out)).toEqual(['comics/614.json', 'comics/616.json']);
});

test('readJournals() leaves out what is no record', async () => {
  const out = emptyDirectory();
  mkdirSync(join(out, 'journal'));
  const lines = ['null', '[]', '{}', '"text"', '{"key":1}', '\u0000\u0000', ''];
  writeFileSync(join(out, 'journal/other.jsonl'), lines.join('\n'));
  writeFileSync(join(out, 'journal/notes.txt'), '{}');

  expect(await keysOf(out)).toEqual([]);
});

test('a journal grows by some 400 bytes a result', async () => {
  const out = emptyDirectory();
  const store = await storeAt(out, { worker: 'host-name-12345-abcdef' });

  await store.put(COMIC, Buffer.alloc(2_000), FACTS);

  const { length } = readFileSync(join(out, 'journal/host-name-12345-abcdef.jsonl'));
  expect(length).toBeGreaterThan(250);
  expect(length).toBeLessThan(450);
});

test('a journal is never written through a link', async () => {
  const elsewhere = emptyDirectory();
  const linkedFolder = emptyDirectory();
  const linkedFile = emptyDirectory();
  mkdirSync(join(linkedFile, 'journal'));
  symlinkSync(join(elsewhere, 'file'), join(linkedFile, 'journal/worker-1.jsonl'));

  for (const out of [linkedFolder, linkedFile]) {
    const store = await storeAt(out);
    if (out === linkedFolder) symlinkSync(elsewhere, join(linkedFolder, 'journal'));
    const failed = store.note(COMIC, FACTS, 'missing');
    await expect(failed).rejects.toBeInstanceOf(StoreUnavailableError);
  }

  expect(readdirSync(elsewhere)).toEqual([]);
});

test.each(['removed', 'moved'])(
  'a journal that is %s under a worker is begun again',
  async (how) => {
    const out = emptyDirectory();
    const store = await storeAt(out);
    await store.put(COMIC, BODY, FACTS);

    if (how === 'removed') rmSync(join(out, 'journal'), { recursive: true });
    else renameSync(join(out, 'journal'), join(out, 'journal-of-old'));
    await store.put({ folder: 'comics', file: '615.json' }, BODY, FACTS);

    expect(await keysOf(out)).toEqual(['comics/615.json']);
  },
);

async function keysOf(out: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of readJournals(join(out, 'journal'))) keys.push(key);
  return keys;
}
