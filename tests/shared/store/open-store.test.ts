import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../shared/base/errors.js';
import { claimSites, openArchive } from '../../../shared/store/open-store.js';
import { COMIC, emptyDirectory, FACTS, storeAt } from './place.js';

const XKCD = 'https://xkcd.com/{id}/info.0.json';
const STAND_IN = 'http://me:secret@127.0.0.1:4000/{id}/info.0.json';

describe('openStore()', () => {
  test('makes the directory, also from a file: URL', async () => {
    const out = join(emptyDirectory(), 'a/b');

    const store = await storeAt(pathToFileURL(out).href);
    await store.put(COMIC, Buffer.from('{}'), FACTS);

    expect((await openArchive(out).read(COMIC))?.toString()).toBe('{}');
  });

  test('knows no other kind of location', async () => {
    const failed = storeAt('s3://key:secret@bucket/comics');

    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    await expect(failed).rejects.not.toThrow('secret');
  });

  test('takes no worker name that would lead elsewhere', async () => {
    const failed = storeAt(emptyDirectory(), { worker: '../../x' });

    await expect(failed).rejects.toThrow(TypeError);
  });

  test('says in one line when the results cannot be written', async () => {
    const file = join(emptyDirectory(), 'file');
    writeFileSync(file, '');

    const failed = storeAt(join(file, 'out'));

    const message = expect.stringMatching(/^Cannot write results in [^\n]+--out\.$/) as string;
    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.cannotWrite, message });
  });

  test('says so when it lacks the permission', async (context) => {
    context.skip(process.getuid?.() === 0, 'root may write everywhere');
    const out = emptyDirectory();
    chmodSync(out, 0o555);

    await expect(storeAt(out)).rejects.toMatchObject({ exitCode: EXIT.cannotWrite });
  });
});

describe('the sites of a directory', () => {
  test('may be claimed again, and more may be added', async () => {
    const out = emptyDirectory();

    await storeAt(out, { sites: { comics: XKCD } });
    await storeAt(out, { sites: { comics: XKCD, searches: 'https://example.org/?q={term}' } });

    expect(readFileSync(join(out, '.sites/comics'), 'utf8')).toBe(`${XKCD}\n`);
    expect(existsSync(join(out, '.sites/searches'))).toBe(true);
  });

  test('are refused when they differ, naming both without credentials', async () => {
    const out = emptyDirectory();
    await storeAt(out, { sites: { comics: STAND_IN } });

    const failed = storeAt(out, { sites: { comics: XKCD } });

    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    await expect(failed).rejects.toThrow(/127\.0\.0\.1:4000.*xkcd\.com.*--out/);
    await expect(failed).rejects.not.toThrow('secret');
  });

  test('are those of the first of many workers that start at once', async () => {
    const sites = Array.from({ length: 4 }, (_, index) => `https://site-${index}.example/{id}`);

    for (let round = 0; round < 20; round += 1) {
      const out = emptyDirectory();
      const claims = await Promise.allSettled(sites.map((comics) => claimSites(out, { comics })));

      const winners = sites.filter((_, index) => claims[index]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(readFileSync(join(out, '.sites/comics'), 'utf8')).toBe(`${winners[0]}\n`);
    }
  });

  test('are those of the worker that was faster by a moment', async () => {
    const out = emptyDirectory();
    const claims = join(out, '.sites');

    const claimed = claimSites(out, { comics: XKCD });
    while (!existsSync(claims) || readdirSync(claims).length === 0) await setImmediate();
    writeFileSync(join(claims, 'comics'), `${STAND_IN}\n`);

    await expect(claimed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    expect(readdirSync(claims)).toEqual(['comics']);
    expect(readFileSync(join(claims, 'comics'), 'utf8')).toBe(`${STAND_IN}\n`);
  });
});

test('openStore() removes what dead workers left, once it is old', async () => {
  const out = emptyDirectory();
  mkdirSync(join(out, 'comics'));
  const young = join(out, 'comics/.worker-1.0a.1.tmp');
  const old = join(out, 'comics/.worker-2.0b.1.tmp');
  const result = join(out, 'comics/614.json');
  const dayAgo = new Date(Date.now() - 24 * 60 * 60 * 1_000);
  for (const path of [young, old, result]) writeFileSync(path, 'x');
  for (const path of [old, result]) utimesSync(path, dayAgo, dayAgo);

  await storeAt(out);

  await expect.poll(() => existsSync(old)).toBe(false);
  expect([young, result].map((path) => existsSync(path))).toEqual([true, true]);
});
