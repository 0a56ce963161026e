/** A job as it lies in Redis: its id, its data, and the record of how it ended. All of it is small. */

import type { JobsOptions } from 'bullmq';
import { z } from 'zod';
import { isReason, type Reason } from '../base/outcome.js';
import { type AnyInput, type KindName, kindOf } from '../kinds/kinds.js';

/** Most jobs of one run. */
export const RUN_JOBS_MAX = 10_000_000;

/** How many times a job is tried unless the run says otherwise. */
export const ATTEMPTS_DEFAULT = 5;

/** More attempts than this only keep a lasting fault busy. */
export const ATTEMPTS_MAX = 100;

/** Name of the field of a failed job that holds its {@link EndingRecord}. */
export const ENDING_FIELD = 'ending';

/** Name of the field of a job that holds `[startedAtMs, elapsedMs]` of its first attempt, where that did not end it. */
export const FIRST_ATTEMPT_FIELD = 'first';

/** Where a job belongs: its run, and its position there, from 1. */
export interface JobPlace {
  readonly run: number;
  readonly position: number;
}

/**
 * `r7.123`. Short, because the id is part of a job's options, and a field of more than 64 bytes
 * triples what a waiting job costs (measured).
 */
export function jobId({ run, position }: JobPlace): string {
  return `${jobIdPrefix(run)}${position}`;
}

/** How the ids of a run's jobs begin, and those of no other: `r7.`. */
export function jobIdPrefix(run: number): string {
  return `r${run}.`;
}

/** Reads an id; undefined for a job that no run of ours added. */
export function parseJobId(id: string): JobPlace | undefined {
  const match = /^r(\d{1,12})\.(\d{1,12})$/.exec(id);
  return match === null ? undefined : { run: Number(match[1]), position: Number(match[2]) };
}

/** `run-7`, as people see and type it. */
export function runName(run: number): string {
  return `run-${run}`;
}

/** Reads `run-7` or `7`. */
export function parseRunName(text: string): number | undefined {
  const match = /^(?:run-)?([1-9]\d{0,11})$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

export interface JobPayload {
  readonly input: AnyInput;
  /** Fetch again what is stored already. */
  readonly refetch: boolean;
}

/** The stored form is flat and small: `{"id":614}` or `{"id":614,"refetch":true}`. */
export function toData(payload: JobPayload): object {
  return payload.refetch ? { ...payload.input, refetch: true } : payload.input;
}

const StoredPayload = z.looseObject({ refetch: z.literal(true).optional() });

/** Reads a job's data; undefined where it is not what its kind asks for. */
export function parseData(kind: KindName, data: unknown): JobPayload | undefined {
  const stored = StoredPayload.safeParse(data);
  if (!stored.success) return undefined;
  const { refetch, ...rest } = stored.data;
  const parsed = kindOf(kind).input.safeParse(rest);
  return parsed.success ? { input: parsed.data, refetch: refetch === true } : undefined;
}

/** A job as BullMQ's `addBulk` takes it. */
export interface QueuedJob {
  readonly name: KindName;
  readonly data: object;
  readonly opts: JobsOptions;
}

/**
 * A job as it is added. The backoff's type is one letter, because options of more than 64 bytes
 * triple what the job costs; the delays themselves are the worker's. A job at the front is last in, first out: BullMQ
 * takes jobs with a priority only when no others wait.
 */
export function queuedJob(
  kind: KindName,
  place: JobPlace,
  payload: JobPayload,
  { attempts, front = false }: { readonly attempts: number; readonly front?: boolean | undefined },
): QueuedJob {
  return {
    name: kind,
    data: toData(payload),
    opts: { jobId: jobId(place), attempts, backoff: { type: 'c' }, ...(front && { lifo: true }) },
  };
}

/** How a job ended. */
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
 * than 64 bytes triples what a job costs (measured). The tally's script reads it by index.
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

/** The record of an ending, its times rounded to what they are worth. */
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

const EndingRecordSchema = z.tuple([
  z.string().refine(isReason),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
]);

/** Reads a stored record; undefined for anything else, such as a foreign job's return value. */
export function parseEnding(stored: unknown): Ending | undefined {
  const parsed = EndingRecordSchema.safeParse(stored);
  if (!parsed.success) return undefined;
  const [reason, startedAtMs, elapsedMs, fetchMs, bytes, attempt, status] = parsed.data;
  if (!isReason(reason)) return undefined;
  return { reason, startedAtMs, elapsedMs, fetchMs, bytes, attempt, status };
}
