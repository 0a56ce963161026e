/** What a request asks for, in its path and its query: parsed, or refused with a 400. */

import type { Request } from 'express';
import { parseRunName } from '../shared/queues/job.js';
import { type JobQueue, queueNamed } from '../shared/queues/queue.js';
import type { ChartTheme } from '../shared/report/chart-file.js';
import { AnswerError } from './problem.js';

/** A run named in the query (`7` or `run-7`); undefined where none is. */
export function runInQuery(request: Request, name: string): number | undefined {
  const text = textInQuery(request, name);
  return text === undefined ? undefined : runOf(text);
}

/** The run named in the path. */
export function runInPath(request: Request): number {
  return runOf(String(request.params['run']));
}

/** A queue named in the query; undefined where none is. */
export function queueInQuery(request: Request): JobQueue | undefined {
  const text = textInQuery(request, 'queue');
  if (text === undefined) return undefined;
  const queue = queueNamed(text);
  if (queue === undefined) throw new AnswerError(400, 'There is no such queue');
  return queue;
}

/** A whole number in the query, at most `max`; `fallback` where none is. */
export function countInQuery(
  request: Request,
  name: string,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): number {
  const text = textInQuery(request, name);
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) > max) {
    throw new AnswerError(400, `Cannot read "${name}": a whole number up to ${max} is wanted`);
  }
  return Number(text);
}

/** Colours named in the query; undefined where none are. */
export function themeInQuery(request: Request): ChartTheme | undefined {
  return wordInQuery(request, 'theme', ['light', 'dark', 'auto']);
}

/** One of a few words in the query; undefined where none is. */
export function wordInQuery<Word extends string>(
  request: Request,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = textInQuery(request, name);
  if (text === undefined) return undefined;
  const word = words.find((one) => one === text);
  if (word === undefined) {
    throw new AnswerError(400, `Cannot read "${name}": it is one of ${words.join(', ')}`);
  }
  return word;
}

/** Text in the query, at most 200 characters; undefined where there is none. */
export function textInQuery(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || value.length > 200) {
    throw new AnswerError(400, `Cannot read "${name}": one short text is wanted`);
  }
  return value;
}

function runOf(text: string): number {
  const run = parseRunName(text);
  if (run === undefined) throw new AnswerError(400, 'A run is named by its number, as in run-7');
  return run;
}
