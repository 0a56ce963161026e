/** What a fault is, and the options that faults take. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Answer } from '../answers.js';
import type { Random } from '../random.js';

/** An entry of the table of faults. */
export interface FaultKind {
  /** What the client sees, as a clause for the help. */
  readonly meaning: string;
  /** The pages it makes sense for; a fault of comics reaches the latest with `only=latest`. */
  readonly pages: readonly Page[];
  readonly options: FaultOptions;
  /** Answers the request, and returns the status that went out; 0 when none did. */
  readonly effect: (encounter: Encounter) => number;
}

/** A request that a fault hits. */
export interface Encounter {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The answer that the request would have got. */
  readonly honest: Answer;
  readonly settings: FaultSettings;
  readonly random: Random;
}

/** The pages that a fault can be confined to. */
const PAGES = ['comics', 'pictures', 'searches', 'latest'] as const;

export type Page = (typeof PAGES)[number];

export const COMICS: readonly Page[] = ['comics'];
export const SEARCHES: readonly Page[] = ['searches'];
export const TEXTS: readonly Page[] = ['comics', 'searches'];
export const ALL: readonly Page[] = ['comics', 'pictures', 'searches'];

const COUNT_MAX = 1_000_000_000;

function whole(min: number, max: number) {
  return z
    .string('needs a whole number')
    .regex(/^\d{1,10}$/, 'needs a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `needs ${min} to ${max}`);
}

const Rate = z
  .string()
  .regex(/^(0?\.\d+|0|1)$/, 'needs a number from 0 to 1')
  .transform(Number);

/** Numbers and inclusive ranges. */
const Ids = z.string().transform((text, context) =>
  text.split(',').map((part) => {
    const range = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part.trim());
    if (range === null) context.addIssue({ code: 'custom', message: 'needs ids like 1-5,9' });
    const from = Number(range?.[1]);
    return { from, to: Number(range?.[2] ?? from) };
  }),
);

const Printable = z.string().regex(/^[\x20-\x7e]*$/, 'needs printable ASCII');

/** Every option there is, described as the help shows it. */
const { shape: OPTIONS } = z.strictObject({
  every: whole(1, COUNT_MAX).optional().describe('every=N: the Nth, 2Nth, … request'),
  first: whole(1, COUNT_MAX).optional().describe('first=N: the first N requests'),
  each: whole(1, COUNT_MAX).optional().describe('each=N: the first N requests of each path'),
  rate: Rate.optional().describe('rate=P: this share of requests, from 0 to 1'),
  ids: Ids.optional().describe('ids=1-5,9: these comics, and their pictures'),
  only: z
    .enum(PAGES, `needs one of ${PAGES.join(', ')}`)
    .optional()
    .describe(`only=PAGES: one of ${PAGES.join(', ')}`),
  'retry-after': Printable.optional().describe('retry-after=TEXT: sent as the Retry-After header'),
  to: Printable.optional().describe('to=URL: where the redirect leads'),
  interval: whole(1, 3_600_000).optional().describe('interval=MS: time between bytes (200)'),
  mib: whole(1, 4_096).optional().describe('mib=N: decoded size in MiB (gzip-bomb 512, else 50)'),
  depth: whole(1, 10_000_000).optional().describe('depth=N: levels of nesting (100000)'),
  above: whole(0, COUNT_MAX).describe('above=N: the most requests in flight'),
});

/** What the options of a fault say, whatever the fault. */
export type FaultSettings = {
  readonly [Name in keyof typeof OPTIONS]?: z.output<(typeof OPTIONS)[Name]> | undefined;
};

/** The options of one fault, each of them text. */
export type FaultOptions = z.ZodType<FaultSettings> & {
  readonly shape: Readonly<Record<string, z.ZodType>>;
};

const { every, first, each, rate, ids, only } = OPTIONS;

/** The options of every fault, which say what requests it hits: those that fit all that are given. */
export const SELECTING = z.strictObject({ every, first, each, rate, ids, only });

const { 'retry-after': retryAfter, to, interval, mib, depth, above } = OPTIONS;

export const WITH_RETRY_AFTER = SELECTING.extend({ 'retry-after': retryAfter });
export const WITH_TARGET = WITH_RETRY_AFTER.extend({ to });
export const WITH_LIMIT = WITH_RETRY_AFTER.extend({ above });
export const WITH_INTERVAL = SELECTING.extend({ interval });
export const WITH_SIZE = SELECTING.extend({ mib });
export const WITH_DEPTH = SELECTING.extend({ depth });
