/** Comics of xkcd, by number. */

import { z } from 'zod';
import { problem, single, type Kind, type Parsed } from './kind.js';

/** The site's numbers are small; within 31 bits sets of them are cheap. */
export const COMIC_NUMBER_MAX = 2 ** 31 - 1;

const RANGE = /^(\d+)(?:-(\d*)(?::(\d+))?)?$/;

const comicNumber = z.int().min(1).max(COMIC_NUMBER_MAX);

const ComicInput = z.strictObject({ id: comicNumber });
export type ComicInput = z.infer<typeof ComicInput>;

/**
 * The answer to `/{id}/info.0.json`: `num` is an integer, the rest is text. Unknown keys are normal:
 * some records hold `extra_parts` (source: 3,281 stored records of the site). Parsing drops them,
 * which is cheaper; the bytes are stored as they came.
 */
export const ComicOutput = z.object({
  num: z.int(),
  title: z.string(),
  safe_title: z.string(),
  alt: z.string(),
  img: z.string(),
  transcript: z.string(),
  year: z.string(),
  month: z.string(),
  day: z.string(),
});
export type ComicOutput = z.infer<typeof ComicOutput>;

export const comic: Kind<ComicInput> = {
  name: 'comic',
  plural: 'comics',
  summary: 'fetch comics by number',
  input: ComicInput,
  separator: ',',
  parse: parseComics,
  format: ({ id }) => String(id),
  identity: ({ id }) => id,
  output: ComicOutput,
  site: {
    urlVariable: 'COMIC_QUEUE_COMIC_URL',
    defaultUrl: 'https://xkcd.com/{id}/info.0.json',
    placeholder: '{id}',
    latest: {
      urlVariable: 'COMIC_QUEUE_COMIC_LATEST_URL',
      defaultUrl: 'https://xkcd.com/info.0.json',
    },
  },
  defaultConcurrency: 10,
  examples: ['1-200', '614', '1-200:10', '3000-', 'latest'],
  sample: {
    typed: '7',
    input: { id: 7 },
    refused: ['0', '-1', '5-1', 'abc', '1.5', '1e3', '2147483648', '1-2-3', '1-9:0', '٣', ''],
  },
};

/** Reads `614`, `1-200`, `1-200:10`, `3000-`, `3000-:5` or `latest`; the caller has split words at commas. */
function parseComics(word: string): Parsed<ComicInput> {
  if (word === 'latest') {
    return { type: 'needs-latest', resolve: (latest) => single({ id: latest }, String(latest)) };
  }
  const match = RANGE.exec(word);
  if (match === null) {
    return problem(
      /\s/.test(word.trim())
        ? 'more than one word: give each on its own, in a file on a line of its own'
        : 'not a comic number (614), a range (1-200, 1-200:10, 3000-) or "latest"',
    );
  }
  const [, firstText, lastText, stepText = '1'] = match;
  const first = Number(firstText);
  const step = Number(stepText);
  if (step < 1) return problem('a step must be at least 1');
  if (lastText === '') {
    return (
      tooLarge(first) ?? { type: 'needs-latest', resolve: (latest) => upTo(first, latest, step) }
    );
  }
  return range(first, lastText === undefined ? first : Number(lastText), step);
}

function upTo(first: number, latest: number, step: number): Parsed<ComicInput> {
  return first > latest
    ? problem(`the site's latest comic is ${latest}`)
    : range(first, latest, step);
}

function range(first: number, last: number, step: number): Parsed<ComicInput> {
  const refused = tooLarge(first) ?? tooLarge(last);
  if (refused !== undefined) return refused;
  if (last < first) return problem(`a range goes upwards, as in ${last}-${first}`);
  if (last === first) return single({ id: first }, String(first));
  const length = Math.floor((last - first) / step) + 1;
  const text = step === 1 ? `${first}-${last}` : `${first}-${last}:${step}`;
  return {
    type: 'sequence',
    sequence: { length, text, at: (index) => ({ id: first + index * step }) },
  };
}

function tooLarge(number: number): Parsed<never> | undefined {
  if (number < 1) return problem('comic numbers start at 1');
  if (number > COMIC_NUMBER_MAX) return problem(`comic numbers end at ${COMIC_NUMBER_MAX}`);
  return undefined;
}
