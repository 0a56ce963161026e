/** What a job carries in Redis: its input, and whether an existing result is to be fetched again. */

import type { JobsOptions } from 'bullmq';
import { z } from 'zod';
import { kindOf, type AnyInput, type KindName } from '../kinds/kinds.js';
import { jobId, type JobPlace } from './job-id.js';

export interface JobPayload {
  readonly input: AnyInput;
  readonly refetch: boolean;
}

const StoredPayload = z.looseObject({ refetch: z.literal(true).optional() });

/** How many times a job is tried unless the run says otherwise. */
export const ATTEMPTS_DEFAULT = 5;

/** More attempts than this only keep a lasting fault busy. */
export const ATTEMPTS_MAX = 100;

/** The stored form is flat and small: `{"id":614}` or `{"id":614,"refetch":true}`. */
export function toData(payload: JobPayload): object {
  return payload.refetch ? { ...payload.input, refetch: true } : payload.input;
}

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
 * A job as it is added. The backoff's type is one letter: options of more than 64 bytes triple the
 * job's cost. The delays themselves are the worker's.
 */
export function queuedJob(
  kind: KindName,
  place: JobPlace,
  payload: JobPayload,
  attempts: number,
): QueuedJob {
  return {
    name: kind,
    data: toData(payload),
    opts: { jobId: jobId(place), attempts, backoff: { type: 'c' } },
  };
}
