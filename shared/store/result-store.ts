/** Where results are kept. Handlers, board and `verify` know no more of it than this. */

import { z } from 'zod';
import { type Outcome, OUTCOMES } from '../base/outcome.js';
import type { ResultKey } from './result-key.js';

/** Names one state of a result: it changes whenever the result is stored again. */
export type ResultVersion = string;

export interface ListOptions {
  /** The file after which to go on: `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface ListedResult {
  readonly key: ResultKey;
  readonly bytes: number;
  readonly storedAt: Date;
}

export interface ResultPage {
  readonly results: readonly ListedResult[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

/** The reading side. */
export interface ResultArchive {
  /** The stored bytes; undefined when there are none. */
  read(key: ResultKey): Promise<Buffer | undefined>;
  /** Results of a folder in natural order (2 before 10), a page at a time, whatever its size. */
  list(folder: string, options: ListOptions): Promise<ResultPage>;
  /** Every readable line of the journal, oldest first within one worker. See `latestRecords`. */
  records(): AsyncIterable<ResultRecord>;
}

/**
 * The writing side. Every method rejects with a `StoreUnavailableError` when the store cannot be
 * written (full, read-only): the job is not to blame. It rejects with a `JobFailure` `bad-name` when
 * the place of a result is taken by something that is no file.
 */
export interface ResultStore extends ResultArchive {
  /** Whether a result is there, and would still be after a power cut. */
  has(key: ResultKey): Promise<boolean>;
  /** The state of a result now, for {@link put}; undefined when there is none. */
  version(key: ResultKey): Promise<ResultVersion | undefined>;
  /**
   * Keeps a result and its record. Resolves only when both would survive a power cut. Give
   * `replacing`, the version seen before the fetch, and a result that somebody else stored meanwhile
   * stays (`superseded`): theirs is newer.
   */
  put(
    key: ResultKey,
    body: Uint8Array,
    facts: ResultFacts,
    options?: PutOptions,
  ): Promise<'stored' | 'superseded'>;
  /** Keeps a record without a result: of what turned out to be missing, for example. */
  note(key: ResultKey, facts: ResultFacts, outcome: Outcome): Promise<void>;
  /** Rejects while nothing could be stored: a worker that had to pause asks this before it goes on. */
  probe(): Promise<void>;
  /** Resolves when all that was begun has ended. */
  close(): Promise<void>;
}

export interface PutOptions {
  /** `{ version: undefined }` replaces nothing. */
  readonly replacing?: { readonly version: ResultVersion | undefined };
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** What the caller knows of a fetch. */
export const ResultFacts = z.strictObject({
  /** After redirects. */
  url: z.string(),
  status: z.int(),
  /** When the last byte came, by this machine's clock: ISO 8601 in UTC. */
  fetchedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  attempt: z.int().min(1),
  run: z.string(),
  kind: z.string(),
});
export type ResultFacts = z.infer<typeof ResultFacts>;

/** One line of the journal, some 400 bytes long. */
export const ResultRecord = z.strictObject({
  /** `comics/614.json`. */
  key: z.string(),
  outcome: z.enum(OUTCOMES),
  bytes: z.int().nonnegative(),
  /** Of the file; absent when there is none. */
  sha256: z.string().regex(SHA256_HEX).optional(),
  worker: z.string(),
  ...ResultFacts.shape,
});
export type ResultRecord = z.infer<typeof ResultRecord>;
