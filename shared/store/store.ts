/** The store in a directory: results as plain files, `<out>/comics/614.json`, and a journal beside them. */

import { hash, randomBytes } from 'node:crypto';
import { rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { CommandError, StoreUnavailableError } from '../base/errors.js';
import type { Outcome } from '../base/outcome.js';
import { DirectoryArchive, JOURNAL_FOLDER, pathIn, resultPath } from './archive.js';
import { DirectoryClaim, type FolderSites } from './claim.js';
import {
  directoryFailure,
  type Durability,
  fileAt,
  flushDirectory,
  flushFile,
  GroupCommit,
  isDirectoryAt,
  makeDirectory,
  publish,
  removeQuietly,
  storeFailure,
  systemCode,
  writeWhole,
} from './whole-file.js';
import { Journal } from './journal.js';
import { keyText, type ResultKey } from './result-key.js';
import type { PutOptions, ResultFacts, ResultStore, ResultVersion } from './result-store.js';
import { probeDirectory, removeAbandoned, TEMPORARY_SUFFIX } from './temporary-files.js';

/** Twice as long as Linux lets written data wait before it flushes by itself. */
const UNFLUSHED_MS_MAX = 60_000;

/** A folder is looked at this seldom: twice for each result took 3 % of a worker's processor time. */
const LOOK_EVERY_MS = 50;

export interface StoreOptions {
  /** Unique among all processes that ever write here; a part of file names. */
  readonly worker: string;
  readonly durability: Durability;
  readonly sites: FolderSites;
  /** Takes what an operator should know that happens to a directory while it is used. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Writes a result to a temporary file in its folder, flushes and renames it, and flushes the folder;
 * appends its record and flushes the journal. Folder and journal are flushed for many results at a
 * time, each of which waits for a flush that began after its own rename.
 */
export class DirectoryStore extends DirectoryArchive implements ResultStore {
  readonly #root: string;
  readonly #worker: string;
  readonly #durability: Durability;
  readonly #claim: DirectoryClaim;
  readonly #folders: ResultFolders;
  readonly #journal: Journal;
  readonly #temporaryPrefix: string;
  #temporaryCount = 0;
  readonly #closing = new AbortController();
  #cleaning: Promise<unknown> = Promise.resolve();

  /** @param root an existing directory, without links in its path */
  constructor(root: string, { worker, durability, sites, onWarning }: StoreOptions) {
    super(root);
    this.#root = root;
    this.#worker = worker;
    this.#durability = durability;
    this.#claim = new DirectoryClaim(root, sites, onWarning);
    this.#folders = new ResultFolders(root, {
      durability,
      claim: this.#claim,
      names: Object.keys(sites),
    });
    this.#journal = new Journal(join(root, JOURNAL_FOLDER, `${worker}.jsonl`), durability);
    this.#temporaryPrefix = `.${worker}.${randomBytes(4).toString('hex')}`;
  }

  /** Starts to remove the temporary files of killed workers, in the background. */
  cleanUp(): void {
    this.#cleaning = removeAbandoned(this.#root, Date.now(), this.#closing.signal);
  }

  get id(): string {
    return this.#claim.id;
  }

  get warnings(): readonly string[] {
    return [];
  }

  async has(key: ResultKey): Promise<boolean> {
    const stats = await this.#statsOf(key);
    if (stats === undefined) return false;
    if (this.#durability === 'full' && isFresh(stats)) await this.#settle(key);
    return true;
  }

  async version(key: ResultKey): Promise<ResultVersion | undefined> {
    return versionOf(await this.#statsOf(key));
  }

  async put(
    key: ResultKey,
    body: Uint8Array,
    facts: ResultFacts,
    options: PutOptions = {},
  ): Promise<'stored' | 'superseded'> {
    const path = resultPath(this.#root, key);
    try {
      const temporary = this.#temporaryIn(key.folder);
      await this.#folders.within(key.folder, () => writeWhole(temporary, body, this.#durability));
      const isPublished = publishUnlessNewer(temporary, path, options);
      const flushed = this.#folders.flush(key.folder);
      await Promise.all([flushed, isPublished ? this.#record(key, body, facts) : undefined]);
      return isPublished ? 'stored' : 'superseded';
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  async remove(key: ResultKey): Promise<void> {
    const path = resultPath(this.#root, key);
    try {
      rmSync(path, { force: true });
      await this.#folders.flush(key.folder);
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  async note(key: ResultKey, facts: ResultFacts, outcome: Outcome): Promise<void> {
    const worker = this.#worker;
    await this.#folders.hold();
    await this.#journal.append({ key: keyText(key), outcome, bytes: 0, worker, ...facts });
  }

  /** Does what storing a result does, in every place that a result needs. */
  async probe(): Promise<void> {
    await probeDirectory(this.#root);
    await this.#folders.probe();
    await this.#journal.probe();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#cleaning;
    await this.#folders.idle();
    await this.#journal.close();
  }

  async #statsOf(key: ResultKey): Promise<Stats | undefined> {
    const path = resultPath(this.#root, key);
    try {
      return (await this.#folders.exists(key.folder)) ? fileAt(path) : undefined;
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  /** Flushes a result whose worker may have died between its rename and its flush. */
  async #settle(key: ResultKey): Promise<void> {
    const path = resultPath(this.#root, key);
    try {
      await Promise.all([flushFile(path), this.#folders.flush(key.folder)]);
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  async #record(key: ResultKey, body: Uint8Array, facts: ResultFacts): Promise<void> {
    await this.#journal.append({
      key: keyText(key),
      outcome: 'stored',
      bytes: body.length,
      sha256: hash('sha256', body, 'hex'),
      worker: this.#worker,
      ...facts,
    });
  }

  #temporaryIn(folder: string): string {
    this.#temporaryCount += 1;
    const name = `${this.#temporaryPrefix}.${this.#temporaryCount}${TEMPORARY_SUFFIX}`;
    return pathIn(this.#root, folder, name);
  }
}

/** Renames the file unless a newer result has the name; says whether it did. */
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

interface FolderDeps {
  readonly durability: Durability;
  readonly claim: DirectoryClaim;
  /** Folders that will hold results. */
  readonly names: readonly string[];
}

/**
 * The folders of results. They are made when they are first needed, and again when they have been
 * removed. A link, or anything but a directory, is refused: results would land outside.
 */
class ResultFolders {
  readonly #root: string;
  readonly #deps: FolderDeps;
  readonly #flushes = new Map<string, GroupCommit<void>>();
  /** When each folder was last seen. */
  readonly #seenAtMs = new Map<string, number>();
  /** For each folder, the flush of its own name in the root. */
  readonly #named = new Map<string, Promise<void>>();

  constructor(root: string, deps: FolderDeps) {
    this.#root = root;
    this.#deps = deps;
  }

  /**
   * Runs `write` once the folder is there durably, and a second time when the folder turns out to
   * have been removed since the last look.
   */
  async within(name: string, write: () => Promise<void>): Promise<void> {
    await this.#prepare(name);
    try {
      await write();
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      this.#seenAtMs.delete(name);
      await this.hold('now');
      await this.#prepare(name);
      await write();
    }
  }

  /** Makes sure that the directory is still ours; `now` where a look of a moment ago will not do. */
  async hold(when?: 'now'): Promise<void> {
    await this.#held(() => this.#deps.claim.hold(when === 'now'));
  }

  /** Does what storing a result does, in the folders that are there and the journal's. */
  async probe(): Promise<void> {
    await this.hold('now');
    for (const name of [...this.#deps.names, JOURNAL_FOLDER]) {
      const path = join(this.#root, name);
      if (isDirectoryAt(path)) await probeDirectory(path);
    }
  }

  /** Resolves after a flush of the folder that began after this call, where names must be durable. */
  async flush(name: string): Promise<void> {
    if (this.#deps.durability === 'rename') return;
    await this.#commitsOf(name).add();
  }

  /** Whether the folder is there, in a directory that is still ours. */
  async exists(name: string): Promise<boolean> {
    await this.hold();
    const nowMs = performance.now();
    if (nowMs - (this.#seenAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < LOOK_EVERY_MS) return true;
    const isThere = isDirectoryAt(join(this.#root, name));
    if (isThere) this.#seenAtMs.set(name, nowMs);
    return isThere;
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#flushes.values()].map((commits) => commits.idle()));
  }

  async #prepare(name: string): Promise<void> {
    const isNew = !(await this.exists(name));
    await this.#held(() => this.#deps.claim.claim(name));
    if (isNew) makeDirectory(join(this.#root, name));
    if (this.#deps.durability === 'rename') return;
    if (isNew || !this.#named.has(name)) this.#named.set(name, this.#flushRoot(name));
    await this.#named.get(name);
  }

  /** Turns a directory that is another site's into trouble with results: the worker waits for its end. */
  async #held(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof CommandError)) throw directoryFailure(error, this.#root);
      throw new StoreUnavailableError('other-site', error.message, { cause: error });
    }
  }

  async #flushRoot(name: string): Promise<void> {
    try {
      await flushDirectory(this.#root);
    } catch (error) {
      this.#named.delete(name);
      throw error;
    }
  }

  #commitsOf(name: string): GroupCommit<void> {
    const known = this.#flushes.get(name);
    if (known !== undefined) return known;
    const commits = new GroupCommit<void>(() => flushDirectory(join(this.#root, name)));
    this.#flushes.set(name, commits);
    return commits;
  }
}
