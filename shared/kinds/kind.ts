/** What a kind of job is, as data. One file a kind; `kinds.ts` lists them. */

import type { z } from 'zod';

/** A lazily computed list of inputs: a range of ten million numbers costs three fields. */
export interface Sequence<Input> {
  readonly length: number;
  /** The word that `parse` reads as this sequence again, without asking the site. */
  readonly text: string;
  at(index: number): Input;
}

/**
 * What one typed word or one line of an input file means: a sequence; a sequence that can be known
 * only once the site's latest number is; or a problem, as the end of the sentence
 * `Cannot read "word": …`.
 */
export type Parsed<Input> =
  | { readonly type: 'sequence'; readonly sequence: Sequence<Input> }
  | { readonly type: 'needs-latest'; resolve(latest: number): Parsed<Input> }
  | { readonly type: 'problem'; readonly problem: string };

/** The site a kind asks, with the environment variables that may name another. */
export interface SiteDeclaration {
  /** Environment variable that holds the URL template. */
  readonly urlVariable: string;
  readonly defaultUrl: string;
  /** What stands for the input in the template, braces included: `{id}`. */
  readonly placeholder: string;
  /** How the site's latest number is asked for, where there is one. */
  readonly latest?: { readonly urlVariable: string; readonly defaultUrl: string };
}

/** An invented input for the tests that run over every kind. */
export interface Sample<Input> {
  readonly typed: string;
  readonly input: Input;
  /** Words that must be refused as usage errors. */
  readonly refused: readonly string[];
}

export interface Kind<Input> {
  /** Singular, as in the map: `comic`. */
  readonly name: string;
  /** What people type, and the name of the queue: `comics`. */
  readonly plural: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** What a job carries. Strict: a job with anything else fails with `bad-input`. */
  readonly input: z.ZodType<Input>;
  /** Separates several words typed as one (`1-10,404`), where a word cannot hold it itself. */
  readonly separator?: string;
  /** Reads one typed word. */
  parse(word: string): Parsed<Input>;
  /** The shortest word that `parse` reads as this input: for `failed RUN` and messages. */
  format(input: Input): string;
  /**
   * What makes two inputs the same; undefined where every job is its own (sleeps). A number is an
   * integer whose digits `parse` reads as the input, and the numbers of a sequence rise by one step.
   */
  identity(input: Input): string | number | undefined;
  /** The shape an answer must have, where it has one. */
  readonly output?: z.ZodType;
  readonly site?: SiteDeclaration;
  /** How many jobs a worker process runs at once unless told otherwise. */
  readonly defaultConcurrency: number;
  /** What people type in the examples of `--help`. */
  readonly examples: readonly string[];
  readonly sample: Sample<Input>;
}

/** A sequence of one, with the word that `parse` reads as it. */
export function single<Input>(input: Input, text: string): Parsed<Input> {
  return { type: 'sequence', sequence: { length: 1, text, at: () => input } };
}

/** A refusal, as the end of `Cannot read "word": …`. */
export function problem(text: string): Parsed<never> {
  return { type: 'problem', problem: text };
}
