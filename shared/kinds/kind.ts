/** What a kind of job is, as data. One file a kind; `kinds.ts` lists them. */

import type { z } from 'zod';

/** A list of inputs, computed one by one: a range of ten million numbers takes three fields. */
export interface Sequence<Input> {
  readonly length: number;
  /** The word that `parse` reads as this sequence again, without asking the site. */
  readonly text: string;
  at(index: number): Input;
}

/**
 * The meaning of a typed word or a line of an input file: a sequence; a sequence that depends on the
 * site's latest number; or a problem, as the end of the sentence `Cannot read "word": …`.
 */
export type Parsed<Input> =
  | { readonly type: 'sequence'; readonly sequence: Sequence<Input> }
  | { readonly type: 'needs-latest'; resolve(latest: number): Parsed<Input> }
  | { readonly type: 'problem'; readonly problem: string };

/** The site of a kind, and the environment variables that may name another. */
export interface SiteDeclaration {
  /** Environment variable that holds the URL template. */
  readonly urlVariable: string;
  readonly defaultUrl: string;
  /** The part of the template that an input replaces, with its braces: `{id}`. */
  readonly placeholder: string;
  /** Where to ask for the site's latest number, if it has one. */
  readonly latest?: { readonly urlVariable: string; readonly defaultUrl: string };
}

/** An invented input, for the tests that run over every kind. */
export interface Sample<Input> {
  readonly typed: string;
  readonly input: Input;
  /** Words that must be refused as usage errors. */
  readonly refused: readonly string[];
}

export interface Kind<Input> {
  /** Singular, as in the map: `comic`. */
  readonly name: string;
  /** As people type it, and the name of the queue: `comics`. */
  readonly plural: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** The data of a job. Strict: a job that holds anything else fails with `bad-input`. */
  readonly input: z.ZodType<Input>;
  /** Splits one argument into several words (`1-10,404`); words cannot hold it. */
  readonly separator?: string;
  /** Reads one typed word. */
  parse(word: string): Parsed<Input>;
  /** The shortest word that `parse` reads as this input: for `failed RUN` and messages. */
  format(input: Input): string;
  /**
   * Equal for inputs that are duplicates; undefined where there are none (sleeps). A number is an
   * integer whose digits `parse` reads as the input, and a sequence's numbers rise by a fixed step.
   */
  identity(input: Input): string | number | undefined;
  /** The shape that an answer must have, if any. */
  readonly output?: z.ZodType;
  readonly site?: SiteDeclaration;
  /**
   * The kind whose answer to the same input says what this one fetches: a picture's comic. Its site is
   * asked for what is not stored yet, and its `latest` counts.
   */
  readonly record?: Kind<Input>;
  /** The largest answer, decoded, in bytes; without one that of `FETCH_LIMITS`. */
  readonly bodyBytesMax?: number;
  /** The word for the input whose result a file is; for kinds whose URLs do not hold it. */
  wordOfFile?(file: string): string;
  /** How many jobs a worker process runs at once unless told otherwise. */
  readonly defaultConcurrency: number;
  /** Whether another concurrency must be given by name, as its site does not bear what others do. */
  readonly concurrencyByName?: true;
  /** Arguments for the examples of `--help`. */
  readonly examples: readonly string[];
  readonly sample: Sample<Input>;
}

/** A sequence of one input, with the word that `parse` reads as it. */
export function single<Input>(input: Input, text: string): Parsed<Input> {
  return { type: 'sequence', sequence: { length: 1, text, at: () => input } };
}

/** A refusal, as the end of `Cannot read "word": …`. */
export function problem(text: string): Parsed<never> {
  return { type: 'problem', problem: text };
}
