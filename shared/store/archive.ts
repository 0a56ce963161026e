/** Reading a directory of results. Creates nothing: the board and `verify` use it on any directory. */

import { constants } from 'node:fs';
import { lstat, opendir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { readJournals } from './journal.js';
import { checkedKey, isResultFile, type ResultKey } from './result-key.js';
import type {
  ListedResult,
  ListOptions,
  ResultArchive,
  ResultPage,
  ResultRecord,
} from './result-store.js';
import { storeFailure, systemCode } from './whole-file.js';

/** The folder of the journals within a directory of results. */
export const JOURNAL_FOLDER = 'journal';

const READ = constants.O_RDONLY | constants.O_NOFOLLOW;

export class DirectoryArchive implements ResultArchive {
  protected readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async read(key: ResultKey): Promise<Buffer | undefined> {
    const path = this.pathOf(key);
    try {
      return await readFile(path, { flag: READ });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw storeFailure(error, path);
    }
  }

  async list(folder: string, { after, limit }: ListOptions): Promise<ResultPage> {
    const directory = join(this.root, folder);
    const smallest = new SmallestNames(limit + 1, after);
    for await (const name of namesIn(directory)) {
      if (isResultFile(name)) smallest.offer(name);
    }
    const names = smallest.names.slice(0, limit);
    const listed = names.map((file) => listedAt(join(directory, file), { folder, file }));
    const results = (await Promise.all(listed)).filter((result) => result !== undefined);
    return { results, next: smallest.names.length > limit ? names.at(-1) : undefined };
  }

  records(): AsyncIterable<ResultRecord> {
    return readJournals(join(this.root, JOURNAL_FOLDER));
  }

  protected pathOf(key: ResultKey): string {
    const { folder, file } = checkedKey(key);
    return this.placeIn(folder, file);
  }

  /** Where a plain name is in a folder: there is nothing for `path.join` to resolve, which takes its time. */
  protected placeIn(folder: string, name: string): string {
    return `${this.root}${sep}${folder}${sep}${name}`;
  }
}

/** Streamed: a folder may hold millions. Nothing there is no names. */
async function* namesIn(directory: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(directory, { bufferSize: 512 })) yield entry.name;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Undefined when it has gone meanwhile, or is no file. */
async function listedAt(path: string, key: ResultKey): Promise<ListedResult | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? { key, bytes: stats.size, storedAt: stats.mtime } : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const LEADING_NUMBER = /^\d+/;

/** Of all names offered after `after`, the `count` first in natural order: 2.json before 10.json. */
class SmallestNames {
  /** In order. */
  readonly names: string[] = [];
  private readonly count: number;
  private readonly after: string | undefined;

  constructor(count: number, after: string | undefined) {
    this.count = count;
    this.after = after;
  }

  offer(name: string): void {
    if (this.after !== undefined && compareNatural(name, this.after) <= 0) return;
    const last = this.names.at(-1);
    const isFull = this.names.length >= this.count;
    if (isFull && (last === undefined || compareNatural(name, last) >= 0)) return;
    if (isFull) this.names.pop();
    this.names.splice(this.placeOf(name), 0, name);
  }

  private placeOf(name: string): number {
    let low = 0;
    let high = this.names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNatural(this.names[middle] ?? '', name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Numbers first and by value, all else by code units: the same on every machine. */
function compareNatural(left: string, right: string): number {
  const difference = leadingNumber(left) - leadingNumber(right);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function leadingNumber(name: string): number {
  return Number(LEADING_NUMBER.exec(name)?.[0] ?? Number.POSITIVE_INFINITY);
}
