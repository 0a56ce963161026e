/** Arguments and options as people type them: numbers, times, rates, kinds, queues, runs. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import { proposed } from '../shared/base/proposed-command.js';
import { safeText } from '../shared/base/safe-text.js';
import {
  type AnyKind,
  type KindName,
  kindNameOfPlural,
  kindOf,
  KINDS,
} from '../shared/kinds/kinds.js';
import { parseRunName } from '../shared/queues/job.js';
import { type JobQueue, queueNamed, QUEUES } from '../shared/queues/queue.js';
import { RATE_UNITS_MS } from '../shared/report/format.js';

const DAY_MS = 86_400_000;

const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/;

const DURATION_UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', DAY_MS],
]);

/** A year: longer times are typing errors. */
const DURATION_MAX_MS = 366 * DAY_MS;

const RATE = /^(\d{1,7}(?:\.\d{1,3})?)\/(s|m|h)$/;

/** A higher rate limits nothing: Redis itself is slower. */
const PER_SECOND_MAX = 10_000;

const CONCURRENCY_MAX = 10_000;

const TITLE = /^\p{L}[\p{L}\d._-]{0,39}$/u;

/** Words with more edits between them have too little in common for a suggestion. */
const DISTANCE_MAX = 3;

const PLURALS = Object.values(KINDS).map(({ plural }) => plural);

/** `comics, searches, sleeps`: what may be typed as a kind. */
export const KINDS_TEXT = PLURALS.join(', ');

/**
 * Reads a whole number within bounds.
 *
 * @throws CommandError (usage) that names the option.
 */
export function requireCount(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const count = Number(text);
  if (/^\d{1,12}$/.test(text) && count >= min && count <= max) return count;
  throw new CommandError(
    EXIT.usage,
    `${option} must be a whole number from ${min} to ${max}, got "${safeText(text, 60)}"`,
  );
}

/** `90s`, `1.5h`, `15m`, `500ms`, `7d`; a bare number is seconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const unitMs = DURATION_UNITS_MS.get(match[2] ?? 's') ?? 1000;
  const ms = Math.round(Number(match[1]) * unitMs);
  return ms > DURATION_MAX_MS ? undefined : ms;
}

/**
 * Reads a duration in milliseconds.
 *
 * @throws CommandError (usage) that names the option.
 */
export function requireDuration(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new CommandError(
    EXIT.usage,
    `${option} must be a time such as 90s, 15m, 24h or 7d, got "${safeText(text, 60)}"`,
  );
}

export interface Rate {
  /** Time between two requests over all workers; undefined for `off`. */
  readonly intervalMs: number | undefined;
}

/**
 * Reads `10/s`, `600/m`, `100/h` or `off`.
 *
 * @throws CommandError (usage) for anything else.
 */
export function requireRate(text: string): Rate {
  if (text === 'off') return { intervalMs: undefined };
  const match = RATE.exec(text);
  const count = Number(match?.[1]);
  const unitMs = unitOf(match?.[2]);
  const intervalMs = unitMs / count;
  if (match !== null && count > 0 && intervalMs >= 1000 / PER_SECOND_MAX) return { intervalMs };
  throw new CommandError(
    EXIT.usage,
    `Cannot read the rate "${safeText(text, 60)}": write 10/s, 600/m, 100/h or off, at most ${PER_SECOND_MAX}/s`,
  );
}

function unitOf(text: string | undefined): number {
  if (text === 'm') return RATE_UNITS_MS.m;
  return text === 'h' ? RATE_UNITS_MS.h : RATE_UNITS_MS.s;
}

/**
 * Reads the plural of a kind.
 *
 * @throws CommandError (usage) that lists the kinds.
 */
export function requireKind(plural: string): KindName {
  const name = kindNameOfPlural(plural);
  if (name !== undefined) return name;
  throw noSuch('kind', plural, PLURALS);
}

/**
 * Reads the name of a queue.
 *
 * @throws CommandError (usage) that lists the queues.
 */
export function requireQueue(name: string): JobQueue {
  const queue = queueNamed(name);
  if (queue !== undefined) return queue;
  const known = QUEUES.map((one) => one.name);
  throw noSuch('queue', name, known);
}

/** What names a run: its number, or what `--name` called it. */
export type RunWord = { readonly number: number } | { readonly title: string };

/** How the commands that take a run describe it. */
export const RUN_TEXT = 'a run: run-7, or a name from --name, which means its newest run';

/**
 * Reads `run-7`, `7`, or a name such as `nightly`.
 *
 * @throws CommandError (usage) for anything else.
 */
export function requireRunWord(text: string): RunWord {
  const number = parseRunName(text);
  if (number !== undefined) return { number };
  if (TITLE.test(text)) return { title: text };
  throw new CommandError(
    EXIT.usage,
    `"${safeText(text, 60)}" is not the name of a run, such as run-7. List the runs: ${proposed('runs')}`,
  );
}

/**
 * Reads what a person calls a run, such as `nightly`: a word that is not mistaken for `run-7`.
 *
 * @throws CommandError (usage) for anything else.
 */
export function requireTitle(text: string): string {
  if (TITLE.test(text) && parseRunName(text) === undefined) return text;
  throw new CommandError(
    EXIT.usage,
    `--name must be a word of up to 40 letters, digits, "-", "_" and ".", such as nightly, got "${safeText(text, 60)}"`,
  );
}

/** Jobs of a kind at once: a number, or `auto` where the worker finds it. */
export type Concurrency = number | 'auto';

/**
 * Reads `50`, `auto` or `comics=50,searches=auto`. Kinds that are not named get their default; a number
 * without a name leaves kinds such as searches alone, unless there is no other.
 *
 * @throws CommandError (usage) that names the part that cannot be read.
 */
export function concurrencyOf(
  text: string | undefined,
  kinds: readonly KindName[],
): ReadonlyMap<KindName, Concurrency> {
  const byKind = new Map<KindName, Concurrency>(
    kinds.map((kind) => [kind, kindOf(kind).defaultConcurrency]),
  );
  for (const part of text?.split(',') ?? []) {
    const [plural, count] = part.includes('=') ? part.split('=', 2) : [undefined, part];
    const value = requireConcurrency(count?.trim() ?? '');
    for (const kind of kindsMeant(plural?.trim(), kinds)) byKind.set(kind, value);
  }
  return byKind;
}

/**
 * Reads `comics,searches`; all kinds where it is undefined.
 *
 * @throws CommandError (usage) for an unknown kind.
 */
export function kindsOf(text: string | undefined, all: readonly KindName[]): KindName[] {
  if (text === undefined) return [...all];
  return [...new Set(text.split(',').map((plural) => requireKind(plural.trim())))];
}

function kindsMeant(plural: string | undefined, kinds: readonly KindName[]): readonly KindName[] {
  if (plural !== undefined) return kinds.filter((kind) => kind === requireKind(plural));
  return kinds.length === 1 ? kinds : kinds.filter((kind) => !isSetByName(kind));
}

function isSetByName(kind: KindName): boolean {
  const { concurrencyByName }: AnyKind = kindOf(kind);
  return concurrencyByName === true;
}

/**
 * Reads `10/s` for all kinds, or `comics=10/s,searches=6/m`, as the time between two requests.
 *
 * @throws CommandError (usage) that names the part that cannot be read.
 */
export function intervalsOf(
  text: string | undefined,
  kinds: readonly KindName[],
): ReadonlyMap<KindName, number> {
  const byKind = new Map<KindName, number>();
  for (const part of text?.split(',') ?? []) {
    const [plural, rate] = part.includes('=') ? part.split('=', 2) : [undefined, part];
    const { intervalMs } = requireRate(rate?.trim() ?? '');
    const meant = plural === undefined ? undefined : requireKind(plural.trim());
    for (const kind of kinds) {
      if (meant !== undefined && kind !== meant) continue;
      if (intervalMs === undefined) byKind.delete(kind);
      else byKind.set(kind, intervalMs);
    }
  }
  return byKind;
}

function requireConcurrency(text: string): Concurrency {
  if (text === 'auto') return text;
  const count = Number(text);
  if (/^\d{1,5}$/.test(text) && count >= 1 && count <= CONCURRENCY_MAX) return count;
  throw new CommandError(
    EXIT.usage,
    `Cannot read the concurrency "${safeText(text, 60)}": write 50, comics=50,searches=2 or auto, at most ${CONCURRENCY_MAX}`,
  );
}

/** For a word that is not one of those known: lists them, and proposes the nearest. */
export function noSuch(what: string, word: string, known: readonly string[]): CommandError {
  const fact = `There is no ${what} "${safeText(word, 60)}"`;
  const text = `${fact}: the ${what}s are ${known.join(', ')}.${suggestion(word, known)}`;
  return new CommandError(EXIT.usage, text);
}

/** The nearest of the known words, or undefined when none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const limit = Math.min(DISTANCE_MAX, Math.floor(word.length / 2));
  const near = known
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .filter((entry) => entry.distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** ` Did you mean comics?`, or nothing: ends a message about an unknown word. */
export function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
}

/** The Levenshtein distance. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, character] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = cell(row, column - 1) + (character === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, cell(row, column) + 1, cell(next, column - 1) + 1));
    }
    row = next;
  }
  return cell(row, to.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
