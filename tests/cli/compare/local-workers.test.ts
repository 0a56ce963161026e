import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SetAside } from '../../../cli/compare/local-workers.js';

describe('setting results aside', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cq-aside-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function store(name: string, text: string): Promise<void> {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, '1.json'), text);
  }

  test('takes what is named and leaves the rest', async () => {
    await store('comics', 'first');
    await store('searches', 'other');
    await new SetAside(directory).take(['comics', 'journal']);
    expect((await readdir(directory)).toSorted()).toEqual(['.set-aside', 'searches']);
  });

  test('takes the same name again and again, and deletes nothing before it is told to', async () => {
    const aside = new SetAside(directory);
    for (const text of ['first', 'second']) {
      await store('comics', text);
      await aside.take(['comics']);
    }
    const kept = await readdir(join(directory, '.set-aside'), { recursive: true });
    const files = kept.filter((name) => name.endsWith('.json'));
    const texts = files.map((name) => readFile(join(directory, '.set-aside', name), 'utf8'));
    expect((await Promise.all(texts)).toSorted()).toEqual(['first', 'second']);
    await aside.remove();
    expect(await readdir(directory)).toEqual([]);
  });

  test('deletes what an earlier process has left', async () => {
    await store('comics', 'left');
    await new SetAside(directory).take(['comics']);
    await new SetAside(directory).remove();
    expect(await readdir(directory)).toEqual([]);
  });
});
