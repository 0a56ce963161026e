/** Directories and stores for the tests of keeping results. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore } from '../../../shared/store/open-store.js';
import type { ResultFacts, ResultStore } from '../../../shared/store/result-store.js';
import type { StoreOptions } from '../../../shared/store/store.js';

export const FACTS: ResultFacts = {
  url: 'https://xkcd.com/614/info.0.json',
  status: 200,
  fetchedAt: '2026-11-23T12:00:00.000Z',
  durationMs: 12.5,
  attempt: 1,
  run: 'run-7',
  kind: 'comic',
};

export const COMIC = { folder: 'comics', file: '614.json' };

/** An empty directory; it is gone when the test is over. */
export function emptyDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'comic-queue-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store that is closed when the test is over. */
export async function storeAt(
  path: string,
  options: Partial<StoreOptions> = {},
): Promise<ResultStore> {
  const store = await openStore(path, {
    worker: 'worker-1',
    durability: 'full',
    sites: { comics: 'https://xkcd.com/{id}/info.0.json' },
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}
