import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { perSecond, storedPerSecond } from './stored-comics.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-stored-comics-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('storedPerSecond()', () => {
  it('goes by when a file got its name, not by when it was written', async () => {
    const ids = [7, 8];
    for (const id of ids) {
      const path = join(directory, `${id}.json`);
      await writeFile(path, `{"num": ${id}}`);
      await utimes(path, id * 3600, id * 3600);
    }

    // An hour lies between the times of writing.
    expect(await storedPerSecond(directory, ids)).toBeGreaterThan(1);
  });

  it('refuses a directory in which a comic is missing', async () => {
    await writeFile(join(directory, '7.json'), '{"num": 7}');

    await expect(storedPerSecond(directory, [7, 8])).rejects.toThrow('1 files of 2 comics');
  });

  it('refuses what was left beside them', async () => {
    await writeFile(join(directory, '7.json'), '{"num": 7}');
    await writeFile(join(directory, '8.json.part'), '{"num": 8}');

    await expect(storedPerSecond(directory, [7, 8])).rejects.toThrow('ENOENT');
  });

  it('refuses a comic under the name of another', async () => {
    await writeFile(join(directory, '7.json'), '{"num": 8}');

    await expect(storedPerSecond(directory, [7])).rejects.toThrow('7.json holds comic 8');
  });
});

describe('perSecond()', () => {
  it('counts what came after the first, whatever the order', () => {
    expect(perSecond([5000, 1000, 2000, 3000])).toBe(0.75);
  });
});
