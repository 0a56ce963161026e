/** What is kept of how a job ended: its return value, or a field beside its failure. */

import { z } from 'zod';
import { isReason, type Reason } from '../base/outcome.js';

export interface Ending {
  readonly reason: Reason;
  /** When the last attempt began, in Redis time, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** From the start of the last attempt to its end, in milliseconds. */
  readonly elapsedMs: number;
  /** The fetch (or the sleep) alone, in milliseconds; 0 where nothing was fetched. */
  readonly fetchMs: number;
  /** Size of the stored body. */
  readonly bytes: number;
  /** Which attempt this was, from 1. */
  readonly attempt: number;
  /** HTTP status; 0 where nothing was fetched. */
  readonly status: number;
}

/**
 * The stored form: a tuple, because BullMQ keeps a return value several times and a field of more
 * than 64 bytes triples the cost of a job (measured). The tally's script reads it by index.
 */
export type EndingRecord = [
  reason: Reason,
  startedAtMs: number,
  elapsedMs: number,
  fetchMs: number,
  bytes: number,
  attempt: number,
  status: number,
];

/** Name of the field of a failed job that holds its {@link EndingRecord}. */
export const ENDING_FIELD = 'ending';

const EndingRecordSchema = z.tuple([
  z.string().refine(isReason),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);

export function toRecord(ending: Ending): EndingRecord {
  return [
    ending.reason,
    Math.round(ending.startedAtMs),
    Math.round(ending.elapsedMs),
    Math.round(ending.fetchMs * 10) / 10,
    ending.bytes,
    ending.attempt,
    ending.status,
  ];
}

/** Reads a stored record; undefined where it is none (a job of somebody else's). */
export function parseEnding(stored: unknown): Ending | undefined {
  const parsed = EndingRecordSchema.safeParse(stored);
  if (!parsed.success) return undefined;
  const [reason, startedAtMs, elapsedMs, fetchMs, bytes, attempt, status] = parsed.data;
  if (!isReason(reason)) return undefined;
  return { reason, startedAtMs, elapsedMs, fetchMs, bytes, attempt, status };
}
