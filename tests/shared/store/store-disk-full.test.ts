import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { EXIT, StoreUnavailableError } from '../../../shared/base/errors.js';
import { latestRecords } from '../../../shared/store/journal.js';
import type { ResultStore } from '../../../shared/store/result-store.js';
import { emptyDirectory, FACTS, storeAt } from './place.js';

const BODY = Buffer.alloc(3_000, 'x');

test.for(['full', 'rename'] as const)(
  'a disk that fills up truncates nothing, and what was kept goes on when there is room (%s)',
  async (durability, context) => {
    const out = smallDisk(context);
    const store = await storeAt(out, { durability });

    const stored = await putUntilFull(store);

    const files = readdirSync(join(out, 'comics'));
    const sizes = files.map((file) => statSync(join(out, 'comics', file)).size);
    expect(files).toEqual(expect.arrayContaining(stored));
    expect(files.filter((file) => !file.endsWith('.json'))).toEqual([]);
    expect(new Set(sizes)).toEqual(new Set([BODY.length]));
    await expect(store.probe()).rejects.toMatchObject({ code: 'ENOSPC' });

    for (const file of files.splice(0, 30)) rmSync(join(out, 'comics', file));
    await store.probe();
    await store.put({ folder: 'comics', file: '999.json' }, BODY, FACTS);
    const latest = await latestRecords(store.records());
    expect([...latest.keys()]).toEqual(
      expect.arrayContaining([...files.map((file) => `comics/${file}`), 'comics/999.json']),
    );
  },
);

test('a journal that finds no room keeps its lines until there is some', async (context) => {
  const out = smallDisk(context);
  const store = await storeAt(out);
  const filler = join(out, 'filler');
  writeFileSync(filler, Buffer.alloc(100_000));
  const long = { ...FACTS, url: `https://example.org/${'x'.repeat(80_000)}` };

  const failed = store.put({ folder: 'comics', file: '1.json' }, Buffer.alloc(40_000), long);
  await expect(failed).rejects.toMatchObject({ code: 'ENOSPC' });
  const journalBefore = readFileSync(join(out, 'journal/worker-1.jsonl'), 'utf8');
  rmSync(filler);
  await store.note({ folder: 'comics', file: '2.json' }, FACTS, 'missing');
  const latest = await latestRecords(store.records());

  expect(journalBefore).toBe('');
  expect([...latest.keys()]).toEqual(['comics/1.json', 'comics/2.json']);
});

test.for(['comics', 'journal'])(
  'a probe fails while only %s has no room, and a start says so',
  async (folder, context) => {
    const out = emptyDirectory();
    const disk = smallDisk(context, join(out, folder));
    const store = await storeAt(out);
    const key = { folder: 'comics', file: '1.json' };
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(freeBytes(disk)));

    await expect(store.put(key, BODY, FACTS)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(store.probe()).rejects.toThrow(`${disk}: the disk is full (ENOSPC)`);
    await expect(storeAt(out)).rejects.toMatchObject({ exitCode: EXIT.cannotWrite });
    rmSync(filler);

    await store.probe();
    await expect(store.put(key, BODY, FACTS)).resolves.toBe('stored');
  },
);

test('a read-only disk is said at the start, and a store finds out by itself', async (context) => {
  const out = smallDisk(context);
  const store = await storeAt(out);
  const key = { folder: 'comics', file: '1.json' };

  execFileSync('mount', ['-o', 'remount,ro', out]);
  const message = expect.stringContaining('read-only') as string;

  await expect(store.put(key, BODY, FACTS)).rejects.toMatchObject({ code: 'EROFS', message });
  await expect(store.probe()).rejects.toBeInstanceOf(StoreUnavailableError);
  await expect(storeAt(out)).rejects.toMatchObject({ exitCode: EXIT.cannotWrite, message });
  execFileSync('mount', ['-o', 'remount,rw', out]);
  await expect(store.put(key, BODY, FACTS)).resolves.toBe('stored');
});

/** Stores comics, several at a time, until the disk is full; says which it was told are stored. */
async function putUntilFull(store: ResultStore): Promise<string[]> {
  const stored: string[] = [];
  for (let first = 1; first < 1_000; first += 5) {
    const files = Array.from({ length: 5 }, (_, index) => `${first + index}.json`);
    const puts = files.map((file) => store.put({ folder: 'comics', file }, BODY, FACTS));
    const endings = await Promise.allSettled(puts);
    stored.push(...files.filter((_, index) => endings[index]?.status === 'fulfilled'));
    const failures = endings.filter((ending) => ending.status === 'rejected');
    for (const { reason } of failures) expect(reason).toMatchObject({ code: 'ENOSPC' });
    if (failures.length > 0) return stored;
  }
  throw new Error('The disk never filled up');
}

function freeBytes(disk: string): number {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
}

/** A file system of 192 kB, for the time of one test. */
function smallDisk(context: TestContext, path = join(emptyDirectory(), 'disk')): string {
  const isAble = process.platform === 'linux' && process.getuid?.() === 0;
  context.skip(!isAble, 'mounting a small disk takes root on Linux');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'tmpfs', path]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]));
  return path;
}
