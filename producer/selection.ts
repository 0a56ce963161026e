/** Takes the sequences of a request one after another and keeps each input once. */

import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { CommandError, EXIT } from '../shared/base/errors.js';
import type { Sequence } from '../shared/kinds/kind.js';
import type { AnyInput, AnyKind, KindName } from '../shared/kinds/kinds.js';
import { formatCount } from '../shared/report/format.js';
import { RUN_JOBS_MAX, SELECTION_TEXT_MAX } from '../shared/runs/run.js';
import { type IdentitySet, identitySetOf } from './identity-set.js';
import { PageSpool } from './page-spool.js';

export interface Collected {
  readonly asked: number;
  /** Undefined when nothing was added. */
  readonly list: InputList | undefined;
  /** The selection as one line; empty when it is too long to be kept. */
  readonly text: string;
}

const NOTHING_SEEN: IdentitySet = { add: () => false };

/**
 * A single sequence stays as it is: a range of ten million costs three fields. Only when a second
 * one comes are all inputs written to a spool, without those seen before.
 */
export class InputCollector {
  private readonly jobsMax: number;
  private readonly format: PageFormat;
  private readonly spool: PageSpool;
  private readonly text = new SelectionText();
  private seen: IdentitySet;
  private only: Sequence<AnyInput> | undefined;
  private asked = 0;
  private kept = 0;
  private page: AnyInput[] = [];

  constructor(kind: AnyKind, spoolDir: string, times: number) {
    this.jobsMax = Math.floor(RUN_JOBS_MAX / times);
    this.format = pageFormatOf(kind);
    this.spool = new PageSpool(spoolDir);
    this.seen = identitySetOf(kind);
  }

  /** @throws CommandError (usage) when the run would have too many jobs. */
  add(sequence: Sequence<AnyInput>): void {
    if (sequence.length > this.jobsMax) throw tooMany(sequence.length, this.jobsMax);
    const isFirst = this.asked === 0;
    this.asked += sequence.length;
    this.text.add(sequence.text);
    if (isFirst) {
      this.only = sequence;
      return;
    }
    if (this.only !== undefined) this.keep(this.only);
    this.only = undefined;
    this.keep(sequence);
  }

  /** Nothing can be added afterwards: what had been seen is forgotten. */
  finish(): Collected {
    if (this.page.length > 0) this.flush();
    this.seen = NOTHING_SEEN;
    return { asked: this.asked, list: this.list(), text: this.text.toString() };
  }

  dispose(): void {
    this.spool.dispose();
  }

  private keep(sequence: Sequence<AnyInput>): void {
    for (let index = 0; index < sequence.length; index += 1) {
      const input = sequence.at(index);
      if (this.seen.add(input)) this.push(input);
    }
  }

  private push(input: AnyInput): void {
    this.kept += 1;
    if (this.kept > this.jobsMax) throw tooMany(this.asked, this.jobsMax);
    this.page.push(input);
    if (this.page.length === PAGE_INPUTS) this.flush();
  }

  private flush(): void {
    this.spool.append(this.format.encode(this.page));
    this.page = [];
  }

  private list(): InputList | undefined {
    if (this.only !== undefined) return listOfSequence(this.only, this.format);
    if (this.kept === 0) return undefined;
    return {
      length: this.kept,
      page: (index) => this.format.decode(this.spool.page(index)),
      bytes: (index) => this.spool.page(index),
    };
  }
}

function tooMany(asked: number, jobsMax: number): CommandError {
  const limit = `a run has at most ${formatCount(RUN_JOBS_MAX)} jobs`;
  const repeated = jobsMax < RUN_JOBS_MAX ? ' with --times' : '';
  return new CommandError(
    EXIT.usage,
    `Cannot make a run of ${formatCount(asked)} inputs${repeated}: ${limit}. Split it into several runs`,
  );
}

/** Pages hashed between two looks at the signal: some 20 ms. */
const BREATHE_EVERY_PAGES = 200;

export interface InputList {
  readonly length: number;
  /** The inputs from `index * PAGE_INPUTS` on, at most {@link PAGE_INPUTS} of them. */
  page(index: number): AnyInput[];
  /** The same as they are written down. */
  bytes(index: number): Buffer;
}

/** A sequence as a list, computed as it is read. */
function listOfSequence(sequence: Sequence<AnyInput>, format: PageFormat): InputList {
  const page = (index: number): AnyInput[] => {
    const start = index * PAGE_INPUTS;
    const length = Math.min(PAGE_INPUTS, sequence.length - start);
    return Array.from({ length }, (_, offset) => sequence.at(start + offset));
  };
  return { length: sequence.length, page, bytes: (index) => format.encode(page(index)) };
}

/** The inputs of a list that is gone through as often as `total` asks for, after the first `done`. */
export function* inputsFrom(list: InputList, done: number, total: number): Generator<AnyInput> {
  for (let next = done; next < total;) {
    const index = next % list.length;
    const rest = list.page(Math.floor(index / PAGE_INPUTS)).slice(index % PAGE_INPUTS);
    yield* rest;
    next += rest.length;
  }
}

/** SHA-256 over the kind, how often the list is gone through, and its inputs in their order. */
export async function digestOf(
  kind: KindName,
  times: number,
  list: InputList,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256').update(`${kind} ${times}\n`);
  for (let index = 0; index * PAGE_INPUTS < list.length; index += 1) {
    hash.update(list.bytes(index));
    if (index % BREATHE_EVERY_PAGES === 0) await breathe(undefined, { signal });
  }
  return hash.digest('hex');
}

/** Inputs of one page. */
const PAGE_INPUTS = 1000;

export interface PageFormat {
  /** The bytes hold until the next call: a fresh buffer a page would be 100 MB of garbage. */
  encode(inputs: readonly AnyInput[]): Buffer;
  decode(bytes: Buffer): AnyInput[];
}

/** Four bytes an input for a kind whose inputs are known by a number, else one line of text each. */
function pageFormatOf(kind: AnyKind): PageFormat {
  return typeof kind.identity(kind.sample.input) === 'number' ? binary(kind) : lines(kind);
}

function binary(kind: AnyKind): PageFormat {
  const written = Buffer.alloc(PAGE_INPUTS * 4);
  return {
    encode: (inputs) => {
      let end = 0;
      for (const input of inputs) end = written.writeUInt32LE(Number(kind.identity(input)), end);
      return written.subarray(0, end);
    },
    decode: (bytes) =>
      Array.from({ length: bytes.length / 4 }, (_, index) =>
        inputOf(kind, String(bytes.readUInt32LE(index * 4))),
      ),
  };
}

/** No input of any kind holds a line break: input files could not hold it. */
function lines(kind: AnyKind): PageFormat {
  return {
    encode: (inputs) => Buffer.from(inputs.map((input) => `${kind.format(input)}\n`).join('')),
    decode: (bytes) =>
      bytes
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => inputOf(kind, line)),
  };
}

function inputOf(kind: AnyKind, text: string): AnyInput {
  const parsed = kind.parse(text);
  if (parsed.type === 'sequence') return parsed.sequence.at(0);
  throw new Error(`Cannot read back an input of kind ${kind.name}: its format and parse disagree`);
}

/** A word that needs no quotes: no space in it, and no quote at its beginning. */
const BARE = /^[^\s"][^\s]*$/;

const QUOTED_OR_BARE = /"(?:[^"\\]|\\.)*"|\S+/g;

/** Gathers words into a line; the line is empty once it would be longer than a run keeps. */
export class SelectionText {
  private line = '';
  private full = false;

  add(word: string): void {
    if (this.full) return;
    const shown = BARE.test(word) ? word : JSON.stringify(word);
    this.line = this.line === '' ? shown : `${this.line} ${shown}`;
    this.full = this.line.length > SELECTION_TEXT_MAX;
  }

  toString(): string {
    return this.full ? '' : this.line;
  }
}

/** The words of a line that {@link SelectionText} has made. */
export function wordsOfSelection(line: string): string[] {
  const words = line.match(QUOTED_OR_BARE) ?? [];
  return words.map((word) => (word.startsWith('"') ? String(JSON.parse(word)) : word));
}
