/** The inputs that a request asks for: in the order given, each of them once. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import type { Sequence } from '../shared/kinds/kind.js';
import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';
import { formatCount } from '../shared/report/format.js';
import { RUN_JOBS_MAX } from '../shared/queues/job.js';
import { SelectionText } from '../shared/runs/run.js';

/**
 * Most inputs that a run lists one by one: each of them is held in memory, some 100 bytes. The
 * numbers of a range are computed as they are needed.
 */
export const LISTED_MAX = 1_000_000;

/** A shorter range is listed: it costs less than the bookkeeping of a range. */
const RANGE_LENGTH_MIN = 100;

/** Further ranges with a step are listed: every later number is compared with each that is not. */
const STEPPED_MAX = 100;

/**
 * Collects sequences and leaves out inputs that came before. Ranges stay ranges, so that ten
 * million numbers cost as little as ten.
 */
export class Selection {
  readonly #kind: AnyKind;
  readonly #jobsMax: number;
  readonly #text = new SelectionText();
  readonly #parts: Part[] = [];
  /** The word of each listed input, or its number: an object each would take twice the memory. */
  readonly #listed: (number | string)[] = [];
  readonly #listedIdentities = new Set<number | string>();
  readonly #listedSource = { at: (index: number) => this.#listedAt(index) };
  /** The numbers of all ranges without a step. */
  readonly #ranges = new Intervals();
  readonly #stepped: Range[] = [];
  #asked = 0;
  #length = 0;

  /** @param times how often the run does the whole selection */
  constructor(kind: AnyKind, times: number) {
    this.#kind = kind;
    this.#jobsMax = Math.floor(RUN_JOBS_MAX / times);
  }

  /** Inputs that were asked for, repeated ones included. */
  get asked(): number {
    return this.#asked;
  }

  /** Inputs without the repeated ones. */
  get length(): number {
    return this.#length;
  }

  /** The selection as one line; empty when it is too long to be kept. */
  get text(): string {
    return this.#text.toString();
  }

  /** @throws CommandError (usage) when the run would have too many jobs, or list too many inputs. */
  add(sequence: Sequence<AnyInput>): void {
    this.#asked += sequence.length;
    if (sequence.length > this.#jobsMax) throw this.#tooMany();
    this.#text.add(sequence.text);
    const range = rangeOf(this.#kind, sequence);
    if (range === undefined || (range.step > 1 && this.#stepped.length === STEPPED_MAX)) {
      this.#list(sequence);
    } else {
      this.#addRange(sequence, range);
    }
    if (this.#length > this.#jobsMax) throw this.#tooMany();
  }

  /** The inputs in order, after the first `done`. */
  *inputs(done = 0): Generator<AnyInput> {
    let skipped = done;
    for (const part of this.#parts) {
      if (skipped >= part.kept) {
        skipped -= part.kept;
        continue;
      }
      const from = part.kept === part.length ? skipped : 0;
      skipped -= from;
      for (const input of this.#keptOf(part, from)) {
        if (skipped > 0) skipped -= 1;
        else yield input;
      }
    }
  }

  #list(sequence: Sequence<AnyInput>): void {
    for (let index = 0; index < sequence.length; index += 1) {
      const input = sequence.at(index);
      const identity = this.#kind.identity(input);
      if (identity !== undefined) {
        if (this.#has(identity)) continue;
        this.#listedIdentities.add(identity);
      }
      if (this.#listed.length === LISTED_MAX) throw tooManyListed(this.#kind);
      const part = this.#listedPart();
      this.#listed.push(typeof identity === 'number' ? identity : this.#kind.format(input));
      part.length += 1;
      part.kept += 1;
      this.#length += 1;
    }
  }

  /** The part at the end that takes listed inputs. */
  #listedPart(): Part {
    const last = this.#parts.at(-1);
    if (last?.source === this.#listedSource) return last;
    const source = this.#listedSource;
    const part = { source, from: this.#listed.length, length: 0, kept: 0, after: 0 };
    this.#parts.push(part);
    return part;
  }

  #listedAt(index: number): AnyInput {
    const word = String(this.#listed[index]);
    const parsed = this.#kind.parse(word);
    if (parsed.type === 'sequence') return parsed.sequence.at(0);
    throw new Error(`Cannot read back ${word}: ${this.#kind.name} formats what it does not parse`);
  }

  #addRange(source: Sequence<AnyInput>, range: Range): void {
    const { first, step, last } = range;
    for (const gap of this.#ranges.gaps(first, last)) {
      const from = Math.ceil((gap.first - first) / step);
      const length = Math.floor((gap.last - first) / step) - from + 1;
      if (length <= 0) continue;
      const part = { source, from, length, kept: length, after: this.#stepped.length };
      if (this.#mayRepeat(part)) part.kept = countOf(this.#keptOf(part, 0));
      if (part.kept > 0) this.#parts.push(part);
      this.#length += part.kept;
    }
    if (step === 1) this.#ranges.add(range);
    else this.#stepped.push(range);
  }

  #mayRepeat({ source, after }: Part): boolean {
    return source !== this.#listedSource && (after > 0 || this.#listedIdentities.size > 0);
  }

  /** The inputs of a part from an index on, without those that came before the part. */
  *#keptOf(part: Part, from: number): Generator<AnyInput> {
    const { source, after, length } = part;
    const stepped = this.#stepped.slice(0, after);
    const mayRepeat = this.#mayRepeat(part);
    for (let index = part.from + from; index < part.from + length; index += 1) {
      const input = source.at(index);
      if (mayRepeat && this.#isListedOrIn(stepped, this.#kind.identity(input))) continue;
      yield input;
    }
  }

  #has(identity: number | string): boolean {
    if (typeof identity === 'number' && this.#ranges.has(identity)) return true;
    return this.#isListedOrIn(this.#stepped, identity);
  }

  /** A listed input that is in a range came before it: later ones were not listed. */
  #isListedOrIn(ranges: readonly Range[], identity: number | string | undefined): boolean {
    if (identity === undefined) return false;
    if (this.#listedIdentities.has(identity)) return true;
    return typeof identity === 'number' && ranges.some((range) => isIn(range, identity));
  }

  #tooMany(): CommandError {
    const repeated = this.#jobsMax < RUN_JOBS_MAX ? ' with --times' : '';
    return new CommandError(
      EXIT.usage,
      `Cannot make a run of ${formatCount(this.#asked)} inputs${repeated}: a run has at most ${formatCount(RUN_JOBS_MAX)} jobs. Split it into several runs`,
    );
  }
}

function tooManyListed(kind: AnyKind): CommandError {
  const isNumbered = typeof kind.identity(kind.sample.input) === 'number';
  const orRange = isNumbered ? ', or give them as ranges' : '';
  return new CommandError(
    EXIT.usage,
    `Cannot make a run of more than ${formatCount(LISTED_MAX)} ${kind.plural} listed one by one. Split the list into several runs${orRange}`,
  );
}

/** Inputs that follow one another in the selection: listed ones, or part of a range. */
interface Part {
  readonly source: Pick<Sequence<AnyInput>, 'at'>;
  /** Index in the source of the first input. */
  readonly from: number;
  length: number;
  /** The length without inputs that came before. */
  kept: number;
  /** Ranges with a step that came before. */
  readonly after: number;
}

function countOf(inputs: Iterable<AnyInput>): number {
  let count = 0;
  for (const _ of inputs) count += 1;
  return count;
}

/** `first`, `first + step`, … up to `last`. */
interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** A sequence as a range; undefined where it is too short, or its inputs are not numbers. */
function rangeOf(kind: AnyKind, sequence: Sequence<AnyInput>): Range | undefined {
  if (sequence.length < RANGE_LENGTH_MIN) return undefined;
  const [first, second] = [kind.identity(sequence.at(0)), kind.identity(sequence.at(1))];
  if (typeof first !== 'number' || typeof second !== 'number') return undefined;
  const step = second - first;
  return { first, step, last: first + step * (sequence.length - 1) };
}

function isIn({ first, last, step }: Range, number: number): boolean {
  return number >= first && number <= last && (number - first) % step === 0;
}

interface Interval {
  readonly first: number;
  readonly last: number;
}

/** A set of integers, as intervals in ascending order that neither overlap nor touch. */
class Intervals {
  readonly #intervals: Interval[] = [];

  has(number: number): boolean {
    const interval = this.#intervals[this.#indexFrom(number)];
    return interval !== undefined && interval.first <= number;
  }

  /** What is missing between two numbers, inclusive. */
  *gaps(first: number, last: number): Generator<Interval> {
    let next = first;
    for (let index = this.#indexFrom(first); next <= last; index += 1) {
      const interval = this.#intervals[index];
      if (interval === undefined || interval.first > last) break;
      if (interval.first > next) yield { first: next, last: interval.first - 1 };
      next = interval.last + 1;
    }
    if (next <= last) yield { first: next, last };
  }

  add({ first, last }: Interval): void {
    const from = this.#indexFrom(first - 1);
    let to = from;
    const merged = { first, last };
    for (; ; to += 1) {
      const interval = this.#intervals[to];
      if (interval === undefined || interval.first > last + 1) break;
      merged.first = Math.min(merged.first, interval.first);
      merged.last = Math.max(merged.last, interval.last);
    }
    this.#intervals.splice(from, to - from, merged);
  }

  /** Index of the first interval that ends at a number or after it. */
  #indexFrom(number: number): number {
    let [low, high] = [0, this.#intervals.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { last } = this.#intervals[middle] ?? { last: number };
      if (last < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
