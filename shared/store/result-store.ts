/** The store of results, as handlers, the board and `verify` see it. */

import { z } from 'zod';
import { type Outcome, OUTCOMES } from '../base/outcome.js';
import type { ResultKey } from './result-key.js';

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** The reading side. */
export interface ResultArchive {
  /** Reads the stored bytes; undefined when there are none. */
  read(key: ResultKey): Promise<Buffer | undefined>;
  /** Lists the results of a folder in natural order (2 before 10), a page at a time. */
  list(folder: string, options: ListOptions): Promise<ResultPage>;
  /**
   * Reads the records of the journals, oldest first within one worker; those noted before `since` may
   * be left out. See `latestRecords`.
   */
  records(since?: Date): AsyncIterable<ResultRecord>;
  /** The names of files that are being written, or were when their worker was killed. */
  temporaries(signal: AbortSignal): AsyncIterable<string>;
}

/**
 * The writing side. Every method rejects with a `StoreUnavailableError` when the store cannot be
 * written (full, read-only), for which no job is to blame, and with a `JobFailure` `bad-name` when
 * something that is not a file has the name of a result.
 */
export interface ResultStore extends ResultArchive {
  /** Equal for workers that share the store. */
  readonly id: string;
  /** What an operator should know about this store, a sentence each. */
  readonly warnings: readonly string[];
  /** Whether there is a result, which a power cut would not take away. */
  has(key: ResultKey): Promise<boolean>;
  /** The version of a result, for {@link put}; undefined when there is none. */
  version(key: ResultKey): Promise<ResultVersion | undefined>;
  /**
   * Stores a result and its record. Resolves when both would survive a power cut. Pass `replacing`,
   * the version seen before the fetch, so that a result that another worker stored in the meantime
   * stays (`superseded`): it is newer.
   */
  put(
    key: ResultKey,
    body: Uint8Array,
    facts: ResultFacts,
    options?: PutOptions,
  ): Promise<'stored' | 'superseded'>;
  /** Removes a result that another has taken the place of, durably; one that is gone already, too. */
  remove(key: ResultKey): Promise<void>;
  /** Stores a record without a result, such as that of a missing comic. */
  note(key: ResultKey, facts: ResultFacts, outcome: Outcome): Promise<void>;
  /** Rejects while results cannot be stored: a paused worker probes before it resumes. */
  probe(): Promise<void>;
  /** Resolves when every call has ended and every file is closed. */
  close(): Promise<void>;
}

export interface PutOptions {
  /** `{ version: undefined }` replaces nothing. */
  readonly replacing?: { readonly version: ResultVersion | undefined };
}

/** Names one state of a result: it changes whenever the result is stored again. */
export type ResultVersion = string;

export interface ListOptions {
  /** The file after which to go on: `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface ResultPage {
  readonly results: readonly ListedResult[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface ListedResult {
  readonly key: ResultKey;
  readonly bytes: number;
  readonly storedAt: Date;
}

/** What the caller of {@link ResultStore.put} knows about a fetch. */
export const ResultFacts = z.strictObject({
  /** After redirects. */
  url: z.string(),
  status: z.int(),
  /** When the last byte arrived, by the worker's clock: ISO 8601 in UTC. */
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
  /** Of the file; absent without one. */
  sha256: z.string().regex(SHA256_HEX).optional(),
  worker: z.string(),
  ...ResultFacts.shape,
});
export type ResultRecord = z.infer<typeof ResultRecord>;
