import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../shared/base/errors.js';
import { DirectoryClaim } from '../../../shared/store/claim.js';
import { COMIC, emptyDirectory, FACTS, storeAt } from './place.js';

const XKCD = 'https://xkcd.com/{id}/info.0.json';
const STAND_IN = 'http://me:secret@127.0.0.1:4000/{id}/info.0.json';

/** Opens a store for a site, and stores a comic in it. */
async function storeComic(out: string, comics: string): Promise<void> {
  const store = await storeAt(out, { sites: { comics } });
  await store.put(COMIC, Buffer.from('{"num": 614}'), FACTS);
}

/** Makes a claim look as old as one whose worker never stored anything. */
function age(claim: string): void {
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(claim, longAgo, longAgo);
}

describe('the sites of a directory', () => {
  test('are those of its first results: a worker that stores none claims nothing', async () => {
    const out = emptyDirectory();
    const sites = { comics: XKCD, searches: 'https://example.org/?q={term}' };

    const store = await storeAt(out, { sites });
    const claimedAtFirst = existsSync(join(out, '.sites'));
    await store.put(COMIC, Buffer.from('{"num": 614}'), FACTS);

    expect(claimedAtFirst).toBe(false);
    expect(readFileSync(join(out, '.sites/comics'), 'utf8')).toBe(`${XKCD}\n`);
    expect(existsSync(join(out, '.sites/searches'))).toBe(false);
  });

  test('are refused when they differ, naming both without credentials', async () => {
    const out = emptyDirectory();
    await storeComic(out, STAND_IN);

    const failed = storeAt(out, { sites: { comics: XKCD } });

    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    await expect(failed).rejects.toThrow(/127\.0\.0\.1:4000.*xkcd\.com.*--out/);
    await expect(failed).rejects.not.toThrow('secret');
  });

  test('do not outlive the results', async () => {
    const out = emptyDirectory();
    await storeComic(out, STAND_IN);
    rmSync(join(out, 'comics'), { recursive: true });
    age(join(out, '.sites/comics'));

    await storeComic(out, XKCD);

    expect(readFileSync(join(out, '.sites/comics'), 'utf8')).toBe(`${XKCD}\n`);
  });

  test('count while their first result is on its way', async () => {
    const out = emptyDirectory();
    await new DirectoryClaim(out, { comics: STAND_IN }).claim('comics');

    const failed = storeAt(out, { sites: { comics: XKCD } });

    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
  });

  test('are those of the first of many workers that store at once', async () => {
    const sites = Array.from({ length: 4 }, (_, index) => `https://site-${index}.example/{id}`);

    for (let round = 0; round < 20; round += 1) {
      const out = emptyDirectory();
      const claims = await Promise.allSettled(
        sites.map((comics) => new DirectoryClaim(out, { comics }).claim('comics')),
      );

      const winners = sites.filter((_, index) => claims[index]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(readFileSync(join(out, '.sites/comics'), 'utf8')).toBe(`${winners[0]}\n`);
    }
  });

  test('are those of the worker that was faster by a moment', async () => {
    const out = emptyDirectory();
    const claims = join(out, '.sites');

    const claimed = new DirectoryClaim(out, { comics: XKCD }).claim('comics');
    while (!existsSync(claims) || readdirSync(claims).length === 0) await setImmediate();
    writeFileSync(join(claims, 'comics'), `${STAND_IN}\n`);

    await expect(claimed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    expect(readdirSync(claims)).toEqual(['comics']);
    expect(readFileSync(join(claims, 'comics'), 'utf8')).toBe(`${STAND_IN}\n`);
  });

  test('hold for workers that were there before: results of another site are not taken for theirs', async () => {
    const out = emptyDirectory();
    const early = await storeAt(out, { sites: { comics: XKCD } });
    await storeComic(out, STAND_IN);

    const found = new DirectoryClaim(out, { comics: XKCD }).hold(true);
    await expect(found).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    const put = early.put({ folder: 'comics', file: '1.json' }, Buffer.from('{}'), FACTS);
    await expect(put).rejects.toMatchObject({ name: 'StoreUnavailableError', code: 'other-site' });
  });
});

describe('the id of a directory', () => {
  test('is the same for all who share it, however many start at once', async () => {
    const out = emptyDirectory();
    const claims = Array.from({ length: 5 }, () => new DirectoryClaim(out, {}));

    await Promise.all(claims.map((claim) => claim.make()));

    const ids = new Set(claims.map(({ id }) => id));
    expect([...ids]).toEqual([readFileSync(join(out, '.store-id'), 'utf8').trimEnd()]);
    expect([...ids][0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('differs for each directory', async () => {
    const stores = await Promise.all([storeAt(emptyDirectory()), storeAt(emptyDirectory())]);

    expect(new Set(stores.map(({ id }) => id)).size).toBe(2);
  });
});

describe('DirectoryClaim.hold()', () => {
  test('claims a directory again that has been removed, under another id, and says so', async () => {
    const out = emptyDirectory();
    const warnings: string[] = [];
    const claim = new DirectoryClaim(out, { comics: XKCD }, (text) => warnings.push(text));
    await claim.make();
    await claim.claim('comics');
    const { id } = claim;

    await claim.hold(true);
    const held = claim.id;
    rmSync(out, { recursive: true });
    await claim.hold(true);
    await claim.claim('comics');

    expect(held).toBe(id);
    expect(claim.id).not.toBe(id);
    expect(warnings).toEqual([expect.stringContaining(`${out} is not the directory that it was`)]);
    expect(readFileSync(join(out, '.sites/comics'), 'utf8')).toBe(`${XKCD}\n`);
  });

  test('refuses a directory that has become another site\u2019s', async () => {
    const out = emptyDirectory();
    const claim = new DirectoryClaim(out, { comics: XKCD });
    await claim.make();

    rmSync(out, { recursive: true });
    mkdirSync(out);
    await storeComic(out, STAND_IN);

    await expect(claim.hold(true)).rejects.toMatchObject({ exitCode: EXIT.badConfig });
  });
});
