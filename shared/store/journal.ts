/** The journal of a results directory: which worker stored what, when and from where. */

import {
  closeSync,
  constants,
  createReadStream,
  fdatasync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
} from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { parseJson } from '../base/json.js';
import {
  directoryFailure,
  type Durability,
  flushDirectory,
  GroupCommit,
  makeDirectory,
  systemCode,
  writeAll,
} from './whole-file.js';
import { ResultRecord } from './result-store.js';

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
/** Some 2,500 records: more than are ever in flight, so that a full disk does not fill the memory too. */
const CARRIED_LENGTH_MAX = 1024 * 1024;

const JOURNAL_FILE = /\.jsonl$/;

const flushData = promisify(fdatasync);

/**
 * Appends records to a file with one writer, many records at a time. It grows by some 400 bytes a
 * record and never shrinks. A torn last line, left by a kill or a full disk, is ended with a line
 * break by the next append, and skipped by readers.
 */
export class Journal {
  readonly #path: string;
  readonly #durability: Durability;
  readonly #commits = new GroupCommit<string>((lines) => this.#commit(lines));
  #descriptor: number | undefined;
  /** Lines that could not be written although their results are stored: part of the next append. */
  #carried = '';

  constructor(path: string, durability: Durability) {
    this.#path = path;
    this.#durability = durability;
  }

  /** Resolves when the record is written, and flushed where it must be durable. */
  append(record: ResultRecord): Promise<void> {
    return this.#commits.add(`${JSON.stringify(record)}\n`);
  }

  /** Writes what earlier appends could not; rejects while that fails. */
  async probe(): Promise<void> {
    if (this.#carried !== '') await this.#commits.add('');
  }

  async close(): Promise<void> {
    await this.#commits.idle();
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  async #commit(lines: readonly string[]): Promise<void> {
    const text = this.#carried + lines.join('');
    try {
      const descriptor = await this.#open();
      appendWhole(descriptor, text);
      this.#carried = '';
      if (this.#durability === 'full') await flushData(descriptor);
    } catch (error) {
      if (text.length <= CARRIED_LENGTH_MAX) this.#carried = text;
      throw directoryFailure(error, dirname(this.#path));
    }
  }

  /** Opens the file, and again when it has been removed or moved: lines would go unseen. */
  async #open(): Promise<number> {
    if (this.#descriptor !== undefined && !isFileAt(this.#path, this.#descriptor)) {
      closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
    return (this.#descriptor ??= await openJournal(this.#path, this.#durability));
  }
}

function isFileAt(path: string, descriptor: number): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const open = fstatSync(descriptor);
  return there?.ino === open.ino && there.dev === open.dev;
}

async function openJournal(path: string, durability: Durability): Promise<number> {
  const directory = dirname(path);
  makeDirectory(directory);
  const descriptor = openSync(path, APPEND, 0o644);
  try {
    endTornLine(descriptor);
    if (durability === 'full') {
      await flushDirectory(directory);
      await flushDirectory(dirname(directory));
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return descriptor;
}

/** Appends all of the text or none: what did fit on a full disk is cut off again. */
function appendWhole(descriptor: number, text: string): void {
  const { size } = fstatSync(descriptor);
  try {
    writeAll(descriptor, Buffer.from(text), size);
  } catch (error) {
    ftruncateSync(descriptor, size);
    throw error;
  }
}

function endTornLine(descriptor: number): void {
  const { size } = fstatSync(descriptor);
  if (size === 0) return;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  if (last.toString() !== '\n') writeAll(descriptor, Buffer.from('\n'), size);
}

/**
 * Reads the records of all journals in a directory that were written to after `since`, in the order of
 * each file. Skips lines that are not records, such as the torn last line of a killed worker. A missing
 * directory has no records.
 */
export async function* readJournals(
  directory: string,
  since = new Date(0),
): AsyncGenerator<ResultRecord> {
  const names = await namesIn(directory);
  for (const name of names.filter((one) => JOURNAL_FILE.test(one)).toSorted()) {
    const path = join(directory, name);
    if ((await stat(path)).mtime >= since) yield* readJournal(path);
  }
}

/** The newest record of each key, by the workers' clocks; the later line where times are equal. */
export async function latestRecords(
  records: AsyncIterable<ResultRecord>,
): Promise<Map<string, ResultRecord>> {
  const latest = new Map<string, ResultRecord>();
  for await (const record of records) {
    const known = latest.get(record.key);
    if (known === undefined || known.fetchedAt <= record.fetchedAt) latest.set(record.key, record);
  }
  return latest;
}

async function* readJournal(path: string): AsyncGenerator<ResultRecord> {
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      const record = ResultRecord.safeParse(parseJson(line)).data;
      if (record !== undefined) yield record;
    }
  } finally {
    lines.close();
    input.destroy();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
