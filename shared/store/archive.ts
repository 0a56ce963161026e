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
import { temporariesIn } from './temporary-files.js';
import { storeFailure, systemCode } from './whole-file.js';

/** The folder of the journals within a directory of results. */
export const JOURNAL_FOLDER = 'journal';

const READ = constants.O_RDONLY | constants.O_NOFOLLOW;

const LEADING_NUMBER = /^\d+/;

/** Reads the results of a directory. */
export class DirectoryArchive implements ResultArchive {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async read(key: ResultKey): Promise<Buffer | undefined> {
    const path = resultPath(this.#root, key);
    try {
      return await readFile(path, { flag: READ });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw storeFailure(error, path);
    }
  }

  async list(folder: string, { after, limit }: ListOptions): Promise<ResultPage> {
    const directory = join(this.#root, folder);
    const smallest = new SmallestNames(limit + 1, after);
    for await (const name of namesIn(directory)) {
      if (isResultFile(name)) smallest.offer(name);
    }
    const names = smallest.names.slice(0, limit);
    const listed = names.map((file) => listedAt(join(directory, file), { folder, file }));
    const results = (await Promise.all(listed)).filter((result) => result !== undefined);
    return { results, next: smallest.names.length > limit ? names.at(-1) : undefined };
  }

  records(since?: Date): AsyncIterable<ResultRecord> {
    return readJournals(join(this.#root, JOURNAL_FOLDER), since);
  }

  temporaries(signal: AbortSignal): AsyncIterable<string> {
    return temporariesIn(this.#root, signal);
  }
}

/** The file of a result. Throws a `JobFailure` `bad-name` for a key that is not safe. */
export function resultPath(root: string, key: ResultKey): string {
  const { folder, file } = checkedKey(key);
  return pathIn(root, folder, file);
}

/** The path of a plain name in a folder: `path.join` would look for `..`, which takes its time. */
export function pathIn(root: string, folder: string, name: string): string {
  return `${root}${sep}${folder}${sep}${name}`;
}

/** Streams the names in a directory, which may hold millions. A missing directory has none. */
async function* namesIn(directory: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(directory, { bufferSize: 512 })) yield entry.name;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Undefined when the file is gone by now, or is not a regular file. */
async function listedAt(path: string, key: ResultKey): Promise<ListedResult | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? { key, bytes: stats.size, storedAt: stats.mtime } : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Collects the first `count` names that follow `after` in natural order: 2.json before 10.json. */
class SmallestNames {
  /** Sorted. */
  readonly names: string[] = [];
  readonly #count: number;
  readonly #after: string | undefined;

  constructor(count: number, after: string | undefined) {
    this.#count = count;
    this.#after = after;
  }

  offer(name: string): void {
    if (this.#after !== undefined && compareNatural(name, this.#after) <= 0) return;
    const last = this.names.at(-1);
    const isFull = this.names.length >= this.#count;
    if (isFull && (last === undefined || compareNatural(name, last) >= 0)) return;
    if (isFull) this.names.pop();
    this.names.splice(this.#placeOf(name), 0, name);
  }

  #placeOf(name: string): number {
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

/** Numbers first and by value, the rest by code units: the same on every machine. */
function compareNatural(left: string, right: string): number {
  const difference = leadingNumber(left) - leadingNumber(right);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function leadingNumber(name: string): number {
  return Number(LEADING_NUMBER.exec(name)?.[0] ?? Number.POSITIVE_INFINITY);
}
