/** The folders of a directory of results, and the durability of the names in them. */

import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { JobFailure } from '../base/errors.js';
import { safeText } from '../base/safe-text.js';
import { GroupCommit } from './group-commit.js';
import { systemCode } from './store-failure.js';
import { flushDirectory, type Durability } from './whole-file.js';

/**
 * Folders are made when they are first needed, and again should somebody remove them. One that is a
 * link, or no directory, is refused: results would land outside.
 */
export class ResultFolders {
  private readonly root: string;
  private readonly durability: Durability;
  private readonly flushes = new Map<string, GroupCommit<void>>();
  /** For each folder, the flush of its own name in the root. */
  private readonly named = new Map<string, Promise<void>>();

  constructor(root: string, durability: Durability) {
    this.root = root;
    this.durability = durability;
  }

  /** Resolves when the folder is there to stay. */
  async prepare(name: string): Promise<void> {
    const isNew = !isDirectory(join(this.root, name));
    if (isNew) makeDirectory(join(this.root, name));
    if (this.durability === 'rename') return;
    if (isNew || !this.named.has(name)) this.named.set(name, this.flushRoot(name));
    await this.named.get(name);
  }

  /** Resolves after a flush of the folder that began after this call, if names must be durable. */
  async flush(name: string): Promise<void> {
    if (this.durability === 'rename') return;
    await this.commitsOf(name).add();
  }

  /** Whether the folder is there. Throws `bad-name` when something else is in its place. */
  exists(name: string): boolean {
    return isDirectory(join(this.root, name));
  }

  async idle(): Promise<void> {
    await Promise.all([...this.flushes.values()].map((commits) => commits.idle()));
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

/** Not `recursive`: on a read-only file system that reports a missing directory instead. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (stats.isDirectory()) return true;
  throw new JobFailure('bad-name', `${safeText(path)} is not a directory`);
}
