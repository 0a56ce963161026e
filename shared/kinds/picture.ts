/** Pictures of comics, by the numbers of the comics: what their records name as `img`. */

import type { Kind } from './kind.js';

/** The site's largest in November 2026 have some megabytes. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/**
 * The first comic that the site shows in twice the size to screens that have the pixels. Its records
 * do not say so: the file lies beside the other (`name_2x.png`), and some later comics have none.
 */
const LARGE_SINCE = 1053;

/** Pictures are selected as their comics are, and go by the records of those. */
export function picturesOf<Input>(comic: Kind<Input>): Kind<Input> {
  return {
    name: 'picture',
    plural: 'pictures',
    summary: 'fetch the pictures of comics, by the number of the comic',
    input: comic.input,
    separator: ',',
    parse: (word) => comic.parse(word),
    format: (input) => comic.format(input),
    identity: (input) => comic.identity(input),
    record: comic,
    bodyBytesMax: BODY_BYTES_MAX,
    wordOfFile: (file) => /^\d+/.exec(file)?.[0] ?? '',
    site: {
      urlVariable: 'COMIC_QUEUE_PICTURE_URL',
      defaultUrl: 'https://imgs.xkcd.com/comics/{file}',
      placeholder: '{file}',
    },
    defaultConcurrency: 5,
    concurrencyByName: true,
    examples: ['1-200', '614', 'latest'],
    sample: comic.sample,
  };
}

/**
 * Whether a record names a picture: some comics are a page instead, and their records name the folder
 * of pictures.
 */
export function hasPicture(img: string): boolean {
  return /[^/?#]$/.test(img);
}

/** The file that may hold a comic's picture in twice the size: `name_2x.png`. */
export function largeFile(id: number, file: string): string | undefined {
  const name = /^(.*[^/])(\.[a-z]+)$/i.exec(file);
  if (id < LARGE_SINCE || name === null || name[1]?.endsWith('_2x') === true) return undefined;
  return `${name[1]}_2x${name[2]}`;
}

/** The formats of pictures, by how their files begin, read as Latin-1. */
const FORMATS: readonly {
  readonly extension: string;
  readonly begins: (start: string) => boolean;
}[] = [
  { extension: 'png', begins: (start) => start.startsWith('\u0089PNG\r\n\u001a\n') },
  { extension: 'jpg', begins: (start) => start.startsWith('\u00ff\u00d8\u00ff') },
  { extension: 'gif', begins: (start) => start.startsWith('GIF87a') || start.startsWith('GIF89a') },
  { extension: 'webp', begins: (start) => start.startsWith('RIFF') && start.endsWith('WEBP') },
];

const START_BYTES = 12;

/** The extensions of stored pictures, the commonest first. */
export const PICTURE_EXTENSIONS = FORMATS.map(({ extension }) => extension);

/** The extension for a file with these bytes, whatever its name says; undefined for no picture. */
export function pictureExtension(body: Uint8Array): string | undefined {
  const start = Buffer.from(body.subarray(0, START_BYTES)).toString('latin1');
  return FORMATS.find(({ begins }) => begins(start))?.extension;
}
