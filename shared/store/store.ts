/** Results as plain files: `<out>/comics/614.json`, and a journal beside them. */

import { hash, randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../base/outcome.js';
import { DirectoryArchive, JOURNAL_FOLDER } from './archive.js';
import { GroupCommit } from './group-commit.js';
import { Journal } from './journal.js';
import { keyText, type ResultKey } from './result-key.js';
import type { PutOptions, ResultFacts, ResultStore, ResultVersion } from './result-store.js';
import { probeDirectory, removeAbandoned, TEMPORARY_SUFFIX } from './temporary-files.js';
import {
  type Durability,
  fileAt,
  flushDirectory,
  flushFile,
  isDirectoryAt,
  makeDirectory,
  publish,
  removeQuietly,
  storeFailure,
  systemCode,
  writeWhole,
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

/** A folder is looked at this seldom: twice for each result was 3 % of a worker's processor time. */
const LOOK_EVERY_MS = 50;

/**
 * Folders are made when they are first needed, and again should somebody remove them. One that is a
 * link, or no directory, is refused: results would land outside.
 */
export class ResultFolders {
  private readonly root: string;
  private readonly durability: Durability;
  private readonly flushes = new Map<string, GroupCommit<void>>();
  /** When each folder was last seen. */
  private readonly seenAtMs = new Map<string, number>();
  /** For each folder, the flush of its own name in the root. */
  private readonly named = new Map<string, Promise<void>>();

  constructor(root: string, durability: Durability) {
    this.root = root;
    this.durability = durability;
  }

  /**
   * Runs `write` once the folder is there to stay; a second time when it turns out that somebody
   * has removed the folder since it was last seen.
   */
  async within(name: string, write: () => Promise<void>): Promise<void> {
    await this.prepare(name);
    try {
      await write();
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      this.seenAtMs.delete(name);
      await this.prepare(name);
      await write();
    }
  }

  /** Resolves after a flush of the folder that began after this call, if names must be durable. */
  async flush(name: string): Promise<void> {
    if (this.durability === 'rename') return;
    await this.commitsOf(name).add();
  }

  /** Whether the folder is there. Throws `bad-name` when something else is in its place. */
  exists(name: string): boolean {
    const nowMs = performance.now();
    if (nowMs - (this.seenAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < LOOK_EVERY_MS) return true;
    const isThere = isDirectoryAt(join(this.root, name));
    if (isThere) this.seenAtMs.set(name, nowMs);
    return isThere;
  }

  async idle(): Promise<void> {
    await Promise.all([...this.flushes.values()].map((commits) => commits.idle()));
  }

  private async prepare(name: string): Promise<void> {
    const isNew = !this.exists(name);
    if (isNew) makeDirectory(join(this.root, name));
    if (this.durability === 'rename') return;
    if (isNew || !this.named.has(name)) this.named.set(name, this.flushRoot(name));
    await this.named.get(name);
  }

  private async flushRoot(name: string): Promise<void> {
    try {
      await flushDirectory(this.root);
    } catch (error) {
      this.named.delete(name);
      throw error;
    }
  }

  private commitsOf(name: string): GroupCommit<void> {
    const known = this.flushes.get(name);
    if (known !== undefined) return known;
    const commits = new GroupCommit<void>(() => flushDirectory(join(this.root, name)));
    this.flushes.set(name, commits);
    return commits;
  }
}
