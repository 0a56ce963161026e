/**
 * How a job can end, and why: the one table from which handlers, the tally, the board, the metrics and
 * the docs derive their words, and the error by which a handler names a reason.
 */

interface OutcomeEntry {
  /** `answer`: the job did what was asked, or found that there was nothing to do. `given-up`: no failure of the job's own. */
  readonly sort: 'answer' | 'failure' | 'given-up';
  /** Whether the job did its work: the numerator of throughput. */
  readonly work: boolean;
}

/**
 * Every outcome. The order is part of the stored format: the tally keeps the index plus one (at most
 * 15) of a position's outcome, so new outcomes go to the end.
 */
export const OUTCOME_TABLE = {
  stored: { sort: 'answer', work: true },
  kept: { sort: 'answer', work: false },
  missing: { sort: 'answer', work: true },
  slept: { sort: 'answer', work: true },
  blocked: { sort: 'failure', work: false },
  invalid: { sort: 'failure', work: false },
  refused: { sort: 'failure', work: false },
  unavailable: { sort: 'failure', work: false },
  quarantined: { sort: 'failure', work: false },
  cancelled: { sort: 'given-up', work: false },
} as const satisfies Record<string, OutcomeEntry>;

export type Outcome = keyof typeof OUTCOME_TABLE;

/** The names of all outcomes, in the order of the table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the keys' type.
export const OUTCOMES = Object.keys(OUTCOME_TABLE) as readonly Outcome[];

interface ReasonEntry {
  readonly outcome: Outcome;
  /**
   * What the queue does when a job meets it:
   * `complete` it; `fail` it for good; `retry` it later, spending an attempt;
   * `pause` its kind's queues and try it again, spending none;
   * `fail-and-pause`: fail this job for good and pause the queues for the others.
   */
  readonly reaction: 'complete' | 'fail' | 'retry' | 'pause' | 'fail-and-pause';
  /** What happened, as a clause that completes "this job ended because …". */
  readonly meaning: string;
}

/** Every reason code with the outcome it leads to when the job ends under it. */
export const REASONS = {
  stored: { outcome: 'stored', reaction: 'complete', meaning: 'the answer was fetched and stored' },
  kept: { outcome: 'kept', reaction: 'complete', meaning: 'the result was there already' },
  'not-found': { outcome: 'missing', reaction: 'complete', meaning: 'the site answered 404' },
  'no-picture': {
    outcome: 'missing',
    reaction: 'complete',
    meaning: 'the comic is a page and has no picture',
  },
  slept: { outcome: 'slept', reaction: 'complete', meaning: 'the time asked for has passed' },

  'consent-page': {
    outcome: 'blocked',
    reaction: 'fail-and-pause',
    meaning: 'the site asked for consent instead of answering',
  },
  'robot-page': {
    outcome: 'blocked',
    reaction: 'fail-and-pause',
    meaning: 'the site took the worker for a robot',
  },
  'javascript-page': {
    outcome: 'blocked',
    reaction: 'fail-and-pause',
    meaning: 'the site sent a page that needs JavaScript instead of an answer',
  },

  'bad-input': {
    outcome: 'invalid',
    reaction: 'fail',
    meaning: 'the job does not carry the input its kind asks for',
  },
  'empty-body': { outcome: 'invalid', reaction: 'fail', meaning: 'the answer had no body' },
  'bad-encoding': {
    outcome: 'invalid',
    reaction: 'fail',
    meaning: 'the body is not valid UTF-8',
  },
  'not-json': { outcome: 'invalid', reaction: 'fail', meaning: 'the body is not JSON' },
  'not-html': { outcome: 'invalid', reaction: 'fail', meaning: 'the body is not an HTML page' },
  'not-picture': {
    outcome: 'invalid',
    reaction: 'fail',
    meaning: 'the body is not a picture (PNG, JPEG, GIF or WebP)',
  },
  'bad-shape': {
    outcome: 'invalid',
    reaction: 'fail',
    meaning: 'the body lacks fields that an answer must have',
  },
  'other-number': {
    outcome: 'invalid',
    reaction: 'fail',
    meaning: "the body is another comic's",
  },
  'unexpected-status': {
    outcome: 'invalid',
    reaction: 'fail',
    meaning: 'the site answered with a status that is not an answer',
  },

  forbidden: { outcome: 'refused', reaction: 'fail', meaning: 'the site answered 401, 403 or 451' },
  'client-error': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the site answered with another 4xx status',
  },
  'other-host': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the record names a picture of another host',
  },
  'redirect-host': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the site redirected to another host',
  },
  'redirect-insecure': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the site redirected from https to http',
  },
  'redirect-loop': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the site redirected too often',
  },
  'too-large': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the body is larger than the limit',
  },
  'huge-header': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the header of the answer is larger than the limit',
  },
  'bad-name': {
    outcome: 'refused',
    reaction: 'fail',
    meaning: 'the place of the result is taken by something that is not a file',
  },

  timeout: {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the answer did not arrive whole before the deadline',
  },
  connection: {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the connection failed or was reset',
  },
  dns: { outcome: 'unavailable', reaction: 'retry', meaning: "the site's name did not resolve" },
  tls: {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: "the site's certificate could not be trusted",
  },
  'cut-short': {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the body ended before its announced end',
  },
  'cut-chunked': {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the chunked body ended before its last chunk',
  },
  overlong: {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the body went on past its announced end',
  },
  'double-length': {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the answer announced its length twice',
  },
  'bad-framing': {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the answer was not well-formed HTTP',
  },
  'bad-compression': {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the body could not be decompressed',
  },
  'server-error': {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'the site answered with a 5xx status',
  },
  throttled: {
    outcome: 'unavailable',
    reaction: 'pause',
    meaning: 'the site asked to be left alone for a while (429, or 503 with Retry-After)',
  },
  defect: {
    outcome: 'unavailable',
    reaction: 'retry',
    meaning: 'our own code failed; please report it',
  },

  'killed-workers': {
    outcome: 'quarantined',
    reaction: 'fail',
    meaning: 'its worker died six times while working on it',
  },
  cancelled: {
    outcome: 'cancelled',
    reaction: 'fail',
    meaning: 'its run was cancelled, or forgotten',
  },
  removed: {
    outcome: 'cancelled',
    reaction: 'fail',
    meaning: 'the job was removed from Redis by something else than a worker',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASONS;

/** Reasons under which attempts fail while a site is away; all the others mean that it answered. */
export const SITE_AWAY: ReadonlySet<Reason> = new Set([
  'connection',
  'dns',
  'timeout',
  'server-error',
  'tls',
]);

const REASON_CODES: ReadonlySet<string> = new Set(Object.keys(REASONS));

/** Whether a text is one of the reason codes. */
export function isReason(text: string): text is Reason {
  return REASON_CODES.has(text);
}

/** Whether an outcome is no answer: a run that holds one exits with 1. */
export function isFailure(outcome: Outcome): boolean {
  return OUTCOME_TABLE[outcome].sort !== 'answer';
}

/** How many jobs failed; one that was given up with its run, before it was done, did not. */
export function countFailed(outcomes: Readonly<Partial<Record<string, number>>>): number {
  const failures = OUTCOMES.filter((outcome) => OUTCOME_TABLE[outcome].sort === 'failure');
  return failures.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

/**
 * A fetch or a handler could not get what the job asks for. `reason` decides what the queue does ({@link REASONS}).
 */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly reason: Reason;
  readonly detail: string;
  /** Pause that the site asked for, in milliseconds, already clamped; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  /** Facts of the answer, for the journal and the board. */
  readonly facts: FailureFacts;

  constructor(
    reason: Reason,
    detail: string,
    options: ErrorOptions & { retryAfterMs?: number | undefined; facts?: FailureFacts } = {},
  ) {
    super(`${reason}: ${detail}`, options);
    this.reason = reason;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs;
    this.facts = options.facts ?? {};
  }

  /** The same failure, with more facts. */
  withFacts(facts: FailureFacts): JobFailure {
    const { reason, detail, retryAfterMs, cause } = this;
    return new JobFailure(reason, detail, {
      retryAfterMs,
      cause,
      facts: { ...this.facts, ...facts },
    });
  }
}

/** Facts of an answer that was not what was asked for. */
export interface FailureFacts {
  readonly status?: number;
  readonly url?: string;
  readonly durationMs?: number;
}
