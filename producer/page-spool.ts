/** Pages of bytes, kept in memory while they are few and in a file when they are many. */

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';

/** Up to here no file is made: most selections are small. */
const MEMORY_BYTES_MAX = 1024 * 1024;

/**
 * Writes pages one after another and reads any of them back. The file loses its name as soon as it
 * is open: the system removes it when the process ends, however it ends. Reads and writes are
 * synchronous: they take microseconds in the page cache.
 */
export class PageSpool {
  private readonly directory: string;
  /** Where each page begins, and where the last one ends. */
  private readonly bounds = [0];
  private memory: Buffer[] = [];
  private file: number | undefined;
  private read = Buffer.alloc(0);

  constructor(directory: string) {
    this.directory = directory;
  }

  /** @throws CommandError (cannot write) when the file cannot be made or has no room. */
  append(page: Buffer): void {
    const end = (this.bounds.at(-1) ?? 0) + page.length;
    if (this.file === undefined && end <= MEMORY_BYTES_MAX) {
      this.memory.push(Buffer.from(page));
    } else {
      this.write(page);
    }
    this.bounds.push(end);
  }

  /** The bytes hold until the next call. */
  page(index: number): Buffer {
    const inMemory = this.memory[index];
    if (inMemory !== undefined) return inMemory;
    const [start = 0, end = start] = this.bounds.slice(index, index + 2);
    if (this.read.length < end - start) this.read = Buffer.alloc(end - start);
    const bytes = this.read.subarray(0, end - start);
    for (let have = 0; have < bytes.length;) {
      const length = bytes.length - have;
      const got =
        this.file === undefined ? 0 : readSync(this.file, bytes, have, length, start + have);
      if (got === 0) throw new Error(`Cannot read page ${index} of the spool: it ends before it`);
      have += got;
    }
    return bytes;
  }

  /** Gives the file back; may be repeated. */
  dispose(): void {
    this.memory = [];
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private write(page: Buffer): void {
    try {
      this.file ??= createNameless(this.directory);
      for (const kept of this.memory) writeWhole(this.file, kept);
      this.memory = [];
      writeWhole(this.file, page);
    } catch (error) {
      throw new CommandError(
        EXIT.cannotWrite,
        `Cannot keep the selection in ${this.directory}: ${errorText(error)}. Make room or name another --data`,
        { cause: error },
      );
    }
  }
}

function createNameless(directory: string): number {
  const path = join(directory, `selection-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
