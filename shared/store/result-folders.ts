/** The folders of a directory of results, and the durability of the names in them. */

import { join } from 'node:path';
import { GroupCommit } from './group-commit.js';
import { systemCode } from './store-failure.js';
import { flushDirectory, isDirectoryAt, makeDirectory, type Durability } from './whole-file.js';

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
