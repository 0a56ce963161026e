/** Handlers, the code of a kind, which knows nothing of queues: what they share, and how they are loaded. */

import { isUtf8 } from 'node:buffer';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { JobFailure, type Reason } from '../../shared/base/outcome.js';
import type { Fetched } from '../../shared/fetch/answer.js';
import type { InputOf, KindName } from '../../shared/kinds/kinds.js';
import type { ResultKey } from '../../shared/store/result-key.js';

/** Does the job of an input. Resolves with an answer, or throws a `JobFailure` that says why there is none. */
export type Handler<Name extends KindName> = (
  input: InputOf<Name>,
  context: HandlerContext<InputOf<Name>>,
) => Promise<Answer>;

export interface HandlerContext<Input> {
  /** Aborts when the job must go back to its queue. */
  readonly signal: AbortSignal;
  /** Whether the result is there already and may stay; never in a run with `--refetch`. */
  isKept(key: ResultKey): Promise<boolean>;
  /** Reads a result that is kept; undefined when it has gone since. */
  read(key: ResultKey): Promise<Buffer | undefined>;
  /** Fetches an input from the kind's site, within the site's rate and all limits. */
  fetch(input: Input): Promise<Fetched>;
  /** The file of the kind's site that a record names by its URL; undefined where that is another's. */
  fileOf(url: string): string | undefined;
  /** Fetches a file of {@link fileOf}, as {@link fetch} does an input. */
  fetchFile(file: string): Promise<Fetched>;
  /** Stores an answer durably, and its record. */
  store(key: ResultKey, fetched: Fetched): Promise<void>;
  /**
   * Removes a result that {@link isKept} had found and the answer that was stored has taken the place of,
   * and records that the site has no such resource any more.
   */
  discard(key: ResultKey, fetched: Fetched): Promise<void>;
  /** Records durably that the site has no such resource. */
  noteMissing(key: ResultKey, fetched: Fetched): Promise<void>;
  /** The same for the kind by whose records this one goes, which has a site and results of its own. */
  ofRecords(): HandlerContext<Input>;
}

export interface Answer {
  readonly reason: Extract<Reason, 'stored' | 'kept' | 'not-found' | 'no-picture' | 'slept'>;
  /** Duration of the fetch or the sleep; 0 without one. */
  readonly fetchMs: number;
  readonly bytes: number;
  /** HTTP status; 0 without a fetch. */
  readonly status: number;
}

/** The result was there already. */
export const KEPT: Answer = { reason: 'kept', fetchMs: 0, bytes: 0, status: 0 };

/** Records a 404, and answers that the site has no such resource. */
export async function notFound(
  key: ResultKey,
  fetched: Fetched,
  context: Pick<HandlerContext<never>, 'noteMissing'>,
): Promise<Answer> {
  await context.noteMissing(key, fetched);
  return { reason: 'not-found', fetchMs: fetched.durationMs, bytes: 0, status: fetched.status };
}

/** The answer of a handler that has stored what it fetched. */
export function stored(fetched: Fetched): Answer {
  return {
    reason: 'stored',
    fetchMs: fetched.durationMs,
    bytes: fetched.body.length,
    status: fetched.status,
  };
}

/**
 * Decodes a body. Refuses a byte order mark too: results are stored byte for byte, and readers of
 * plain UTF-8 would stumble over it.
 *
 * @throws JobFailure for a status other than 200, an empty body, or one that is not UTF-8.
 */
export function textOf({ status, body }: Fetched): string {
  if (status !== 200) throw new JobFailure('unexpected-status', `HTTP ${status}`);
  if (body.length === 0) throw new JobFailure('empty-body', 'no bytes at all');
  if (!isUtf8(body)) throw new JobFailure('bad-encoding', 'not UTF-8');
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    throw new JobFailure('bad-encoding', 'it begins with a byte order mark');
  }
  return body.toString('utf8');
}

/**
 * Decodes a body of JSON.
 *
 * @throws JobFailure as {@link textOf} does, and `not-json`.
 */
export function jsonOf(fetched: Fetched): unknown {
  const text = textOf(fetched);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new JobFailure('not-json', `it begins with "${text.slice(0, 40)}"`, { cause: error });
  }
}

interface HandlerModule {
  readonly handler?: Handler<KindName>;
}

/**
 * Loads the handler of a kind by its name, so that a new kind is two files and one line in the map. The build checks that every kind has one (`npm run build`), so a
 * missing file is a defect of the build, not of the job.
 */
export async function loadHandler(kind: KindName): Promise<Handler<KindName>> {
  const file = new URL(`./${kind}.js`, import.meta.url).href;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the build has checked what the module exports
  const loaded = (await import(/* @vite-ignore */ file)) as HandlerModule;
  if (loaded.handler === undefined) {
    throw new CommandError(EXIT.defect, `worker/handlers/${kind}.ts exports no "handler"`);
  }
  return loaded.handler;
}
