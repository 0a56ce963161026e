/** The folders of a directory of results, and the durability of the names in them. */

import { join } from 'node:path';
import { GroupCommit } from './group-commit.js';
import { flushDirectory, isDirectoryAt, makeDirectory, type Durability } from './whole-file.js';

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
    const isNew = !isDirectoryAt(join(this.root, name));
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
    return isDirectoryAt(join(this.root, name));
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
