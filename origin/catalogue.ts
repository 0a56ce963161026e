/** The comics the stand-in has. */

import { comicBody } from './comic.js';

/** The number that xkcd left out on purpose. */
export const MISSING_NUMBER = 404;

/** The bodies of comics by number, and the newest number. */
export interface Catalogue {
  readonly latest: number;
  /** The body, byte for byte as it goes over the wire; undefined when there is no such comic. */
  bodyOf(number: number): Buffer | undefined;
}

/** Invented comics from 1 to `latest`; 404 is missing, as on xkcd. */
export function inventedCatalogue(latest: number): Catalogue {
  return {
    latest: latest === MISSING_NUMBER ? latest - 1 : latest,
    bodyOf: (number) =>
      number < 1 || number > latest || number === MISSING_NUMBER
        ? undefined
        : Buffer.from(comicBody(number), 'latin1'),
  };
}
