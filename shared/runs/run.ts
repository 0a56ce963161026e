/** The record of a run: one batch as a person asked for it. */

import { z } from 'zod';
import { KIND_NAMES } from '../kinds/kinds.js';
import { type JobQueue, queueOf } from '../queues/queue.js';

/**
 * `open`: its producer is adding jobs. `sealed`: all jobs are added. `ended`: every job has ended.
 * `cancelled`: given up by a person. `abandoned`: its producer fell silent; what was added is worked,
 * and `enqueue --resume` adds the rest.
 */
export const RUN_STATES = ['open', 'sealed', 'ended', 'cancelled', 'abandoned'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** A run whose producer has sent no heartbeat for this long is abandoned. */
export const PRODUCER_SILENT_MS = 60_000;

/** A producer sends a heartbeat at least this often. */
export const PRODUCER_HEARTBEAT_MS = 5000;

/** A run whose producer has sent a heartbeat within this time is not resumed by another: three heartbeats. */
export const PRODUCER_ALIVE_MS = 3 * PRODUCER_HEARTBEAT_MS;

/** A longer text of a selection is not stored: the run has its digest alone. */
const SELECTION_TEXT_MAX = 4096;

/** A word that needs no quotes: no space in it, and no quote at its beginning. */
const BARE = /^[^\s"][^\s]*$/;

const QUOTED_OR_BARE = /"(?:[^"\\]|\\.)*"|\S+/g;

const count = z.coerce.number().int().min(0);
const flag = z.literal(['0', '1']).transform((text) => text === '1');

const RunFields = z.object({
  kind: z.literal(KIND_NAMES),
  baseline: flag,
  state: z.literal(RUN_STATES),
  /** What was typed, as one line; empty where it was longer than {@link SELECTION_TEXT_MAX}. */
  selection: z.string(),
  /** SHA-256 over the inputs in order: two runs with the same digest ask for the same. */
  digest: z.string(),
  /** Identity of the site asked: its URL template without what may be a key; empty for a kind without one. */
  site: z.string(),
  refetch: flag,
  /** Whether its jobs were added before those that waited. */
  front: flag.default(false),
  times: count,
  attempts: count,
  /** Inputs asked for, duplicates included. */
  asked: count,
  duplicates: count,
  /** Jobs the run will have: asked without duplicates, times `times`. */
  total: count,
  /** Jobs whose adding Redis has acknowledged, in order. */
  acknowledged: count,
  createdAtMs: count,
  heartbeatAtMs: count,
  /** Names the process that adds its jobs, or did last; empty from a version that did not say. */
  producer: z.string().default(''),
  endedAtMs: count.default(0),
  /** Number of the run that this one was compared in: runs of one comparison share it. */
  group: count.default(0),
  /** Which pass of its comparison this run is, from 1; 0 outside of one. */
  pass: count.default(0),
  /** Number of the run whose failed jobs this one tries again. */
  retryOf: count.default(0),
  /** What a person calls runs like this one, such as `nightly`; empty without. */
  title: z.string().default(''),
  /** Number of the newest run that tried its failures again; 0 before. */
  retriedBy: count.default(0),
  /** Failures that runs which tried them again have answered, and those that they have tried. */
  recovered: count.default(0),
  triedAgain: count.default(0),
  /** The report, as JSON, once there is one. */
  report: z.string().default(''),
  /** The figures over all passes of the comparison that it is one of, as JSON. */
  passes: z.string().default(''),
});

export type Run = z.infer<typeof RunFields> & { readonly number: number; readonly queue: JobQueue };

/** Reads the hash of a run. */
export function parseRun(number: number, fields: Record<string, string>): Run | undefined {
  const parsed = RunFields.safeParse(fields);
  if (!parsed.success) return undefined;
  return { ...parsed.data, number, queue: queueOf(parsed.data.kind, parsed.data.baseline) };
}

/** Whether a run can still change. */
export function isLive(run: Run): boolean {
  return run.endedAtMs === 0;
}

/** The words of a selection as one line, as the record of a run keeps it; the line is empty once it would be longer than a run keeps. */
export class SelectionText {
  #line = '';
  #full = false;

  add(word: string): void {
    if (this.#full) return;
    const shown = BARE.test(word) ? word : JSON.stringify(word);
    this.#line = this.#line === '' ? shown : `${this.#line} ${shown}`;
    this.#full = this.#line.length > SELECTION_TEXT_MAX;
  }

  toString(): string {
    return this.#full ? '' : this.#line;
  }
}

/** The words of a line that {@link SelectionText} has made. */
export function wordsOfSelection(line: string): string[] {
  const words = line.match(QUOTED_OR_BARE) ?? [];
  return words.map((word) => (word.startsWith('"') ? String(JSON.parse(word)) : word));
}
