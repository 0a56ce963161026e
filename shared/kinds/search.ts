/** Pages of search results, by term. */

import { z } from 'zod';
import { invisibleIn, trimWord } from '../base/safe-text.js';
import { problem, single, type Kind, type Parsed } from './kind.js';

/** Longer than a typed search, and short enough for a URL. */
export const TERM_LENGTH_MAX = 512;

const CONTROL = /\p{Cc}/u;

/** In NFC, so that two ways to type "é" are one search. */
const Term = z
  .string()
  .min(1)
  .max(TERM_LENGTH_MAX)
  .refine((term) => problemOf(term) === undefined);

const SearchInput = z.strictObject({ term: Term });
export type SearchInput = z.infer<typeof SearchInput>;

export const search: Kind<SearchInput> = {
  name: 'search',
  plural: 'searches',
  summary: 'fetch the result pages of search terms',
  input: SearchInput,
  parse: parseSearch,
  format: ({ term }) => term,
  identity: ({ term }) => term,
  site: {
    urlVariable: 'COMIC_QUEUE_SEARCH_URL',
    defaultUrl: 'https://www.google.com/search?q={term}',
    placeholder: '{term}',
  },
  defaultConcurrency: 3,
  concurrencyByName: true,
  examples: ['Yash', 'KOSS', '"Your Name"'],
  sample: {
    typed: 'Your Name',
    input: { term: 'Your Name' },
    refused: ['', '   ', 'a\u0000b', 'a\nb', 'a\u200bb', '\ud800', 'x'.repeat(TERM_LENGTH_MAX + 1)],
  },
};

function parseSearch(word: string): Parsed<SearchInput> {
  const term = trimWord(word).normalize('NFC');
  const refusal = problemOf(term);
  return refusal === undefined ? single({ term }, term) : problem(refusal);
}

function problemOf(term: string): string | undefined {
  if (term === '') return 'a search term cannot be empty';
  if (term.length > TERM_LENGTH_MAX) {
    return `a search term has at most ${TERM_LENGTH_MAX} characters, got ${term.length}`;
  }
  if (CONTROL.test(term)) return 'a search term cannot hold control characters';
  const invisible = invisibleIn(term);
  if (invisible !== undefined) {
    return `a search term cannot hold invisible characters, and this has ${invisible}`;
  }
  if (!term.isWellFormed()) return 'a search term must be valid Unicode';
  if (term !== trimWord(term).normalize('NFC')) return 'a search term must be trimmed and in NFC';
  return undefined;
}
