/** What one fetch may cost. No site, however broken or hostile, makes a worker exceed these. */

export interface FetchLimits {
  /** From the start of the request to the last byte, redirects included. */
  readonly deadlineMs: number;
  /** Of the body, as sent and as decoded. */
  readonly bodyBytesMax: number;
  /** Answers with a status of 1xx before the answer: others wait while a flood of them is read. */
  readonly interimAnswersMax: number;
  /** Of all header fields of one answer together. */
  readonly headerBytesMax: number;
  readonly redirectsMax: number;
  /** For the look-up of the site's name: a black hole would otherwise cost 10 s (measured). */
  readonly lookupMs: number;
}

/** The limits in force where nothing else is asked for. */
export const FETCH_LIMITS: FetchLimits = {
  deadlineMs: 30_000,
  bodyBytesMax: 1024 * 1024,
  interimAnswersMax: 100,
  headerBytesMax: 16 * 1024,
  redirectsMax: 5,
  lookupMs: 3_000,
};
