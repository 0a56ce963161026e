/** Results as plain files: `<out>/comics/614.json`, and a journal beside them. */

import { hash, randomBytes } from 'node:crypto';
import { type Stats } from 'node:fs';
import { join } from 'node:path';
import { type Outcome } from '../base/outcome.js';
import { DirectoryArchive, JOURNAL_FOLDER } from './directory-archive.js';
import { Journal } from './journal.js';
import { probeDirectory } from './probe.js';
import { ResultFolders } from './result-folders.js';
import { keyText, type ResultKey } from './result-key.js';
import { type ResultFacts } from './result-record.js';
import { type PutOptions, type ResultStore, type ResultVersion } from './result-store.js';
import { storeFailure } from './store-failure.js';
import { removeAbandoned, TEMPORARY_SUFFIX } from './temporary-files.js';
import {
  fileAt,
  flushFile,
  publish,
  removeQuietly,
  writeWhole,
  type Durability,
} from './whole-file.js';

export interface DirectoryStoreOptions {
  /** Names this process among all that ever write here; a part of file names. */
  readonly worker: string;
  readonly durability: Durability;
}

/** Twice what Linux lets written data wait before it flushes by itself. */
const UNFLUSHED_MS_MAX = 60_000;

/**
 * A result is written to a temporary file beside its place, flushed, renamed, and its folder
 * flushed; then its record is appended and flushed. Folder and journal are flushed for many results
 * at a time, each of which waits for a flush that began after its own rename.
 */
export class DirectoryStore extends DirectoryArchive implements ResultStore {
  private readonly worker: string;
  private readonly durability: Durability;
  private readonly folders: ResultFolders;
  private readonly journal: Journal;
  private readonly temporaryPrefix: string;
  private temporaryCount = 0;
  private readonly closing = new AbortController();
  private cleaning: Promise<unknown> = Promise.resolve();

  constructor(root: string, { worker, durability }: DirectoryStoreOptions) {
    super(root);
    this.worker = worker;
    this.durability = durability;
    this.folders = new ResultFolders(root, durability);
    this.journal = new Journal(join(root, JOURNAL_FOLDER, `${worker}.jsonl`), durability);
    this.temporaryPrefix = `.${worker}.${randomBytes(4).toString('hex')}`;
  }

  /** Begins to remove what dead workers left, in the background. */
  cleanUp(): void {
    this.cleaning = removeAbandoned(this.root, Date.now(), this.closing.signal);
  }

  async has(key: ResultKey): Promise<boolean> {
    const stats = this.statsOf(key);
    if (stats === undefined) return false;
    if (this.durability === 'full' && isFresh(stats)) await this.settle(key);
    return true;
  }

  async version(key: ResultKey): Promise<ResultVersion | undefined> {
    return versionOf(this.statsOf(key));
  }

  async put(
    key: ResultKey,
    body: Uint8Array,
    facts: ResultFacts,
    options: PutOptions = {},
  ): Promise<'stored' | 'superseded'> {
    const path = this.pathOf(key);
    try {
      const temporary = this.temporaryIn(key.folder);
      await this.folders.within(key.folder, () => writeWhole(temporary, body, this.durability));
      const isPublished = publishUnlessNewer(temporary, path, options);
      const flushed = this.folders.flush(key.folder);
      await Promise.all([flushed, isPublished ? this.record(key, body, facts) : undefined]);
      return isPublished ? 'stored' : 'superseded';
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  async note(key: ResultKey, facts: ResultFacts, outcome: Outcome): Promise<void> {
    const { worker } = this;
    await this.journal.append({ key: keyText(key), outcome, bytes: 0, worker, ...facts });
  }

  async probe(): Promise<void> {
    await probeDirectory(this.root);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.cleaning;
    await this.folders.idle();
    await this.journal.close();
  }

  private statsOf(key: ResultKey): Stats | undefined {
    const path = this.pathOf(key);
    try {
      return this.folders.exists(key.folder) ? fileAt(path) : undefined;
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  /** Somebody may have died between the rename of this file and its flush. */
  private async settle(key: ResultKey): Promise<void> {
    const path = this.pathOf(key);
    try {
      await Promise.all([flushFile(path), this.folders.flush(key.folder)]);
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  private async record(key: ResultKey, body: Uint8Array, facts: ResultFacts): Promise<void> {
    await this.journal.append({
      key: keyText(key),
      outcome: 'stored',
      bytes: body.length,
      sha256: hash('sha256', body, 'hex'),
      worker: this.worker,
      ...facts,
    });
  }

  private temporaryIn(folder: string): string {
    this.temporaryCount += 1;
    const name = `${this.temporaryPrefix}.${this.temporaryCount}${TEMPORARY_SUFFIX}`;
    return this.placeIn(folder, name);
  }
}

/** Whether the file got its name: not when the one that has it came after the fetch began. */
function publishUnlessNewer(temporary: string, path: string, { replacing }: PutOptions): boolean {
  try {
    const version = versionOf(fileAt(path));
    if (replacing !== undefined && replacing.version !== version) {
      removeQuietly(temporary);
      return false;
    }
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  publish(temporary, path);
  return true;
}

function versionOf(stats: Stats | undefined): ResultVersion | undefined {
  return stats === undefined ? undefined : `${stats.ino}-${stats.mtimeMs}-${stats.size}`;
}

function isFresh(stats: Stats): boolean {
  return Math.abs(Date.now() - stats.ctimeMs) < UNFLUSHED_MS_MAX;
}
