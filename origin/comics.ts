/** The comics that are served: invented ones in the shape of xkcd's, or recorded ones. */

import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { CommandError, errorText, EXIT } from '../shared/base/errors.js';
import { type Picture, type PictureFormat, pictureOf } from './pictures.js';
import { parseJson } from '../shared/base/json.js';
import { createRandom, type Random } from './random.js';

/** Spreads neighbouring numbers over the generator's states. */
const SEED_STEP = 0x9e3779b1;

/** A prime, so that odd comics do not line up with steps like `1-200:10`. */
const ODD_EVERY = 61;

/** The residues at which something unusual happens, besides those of the odd titles. */
const ODD = { noFile: 23, extraParts: 29, long: 31, shortest: 37 } as const;

/** The same for pictures: another format, JPEG that is called PNG, a folder, none in twice the size. */
const ODD_PICTURE = { jpeg: 3, gif: 7, misnamed: 14, folder: 21, small: 16 } as const;

/** The first comic with a picture in twice the size, as about on xkcd. */
const LARGE_SINCE = 1053;

/** How the file of a picture in twice the size differs from the other's. */
const LARGE = /_2x(?=\.[a-z]+$)/;

const LINES_MIN = 4;
const LINES_SPREAD = 13;
const LINES_LONG = 240;

/**
 * The body of an invented comic: ASCII JSON of some 230 to 17,000 bytes, mostly near one kilobyte,
 * `num` a number and all else strings. Some are as awkward as real ones: HTML, slashes, a leading
 * dot, a direction override or control characters in the title, no transcript, `extra_parts`, an
 * `img` that names no file.
 */
export function comicBody(number: number): string {
  const random = createRandom(Math.imul(number, SEED_STEP));
  const residue = number % ODD_EVERY;
  const title = ODD_TITLES[residue] ?? `${pick(random, ADJECTIVES)} ${pick(random, NOUNS)}`;
  const file = pictureFile(number, title);
  const year = 2006 + (Math.floor(number / 156) % 30);
  return (
    `{"month": "${upTo(random, 12)}", "num": ${number}, "link": "", "year": "${year}", "news": "", ` +
    `"safe_title": ${asciiJson(title.replaceAll(/<[^>]*>/g, ''))}, ` +
    `"transcript": "${transcript(random, residue)}", "alt": "${sentences(random, upTo(random, 3))}", ` +
    `"img": "https://imgs.example.invalid/comics/${file}", "title": ${asciiJson(title)}, ` +
    `${residue === ODD.extraParts ? extraParts(number) : ''}"day": "${upTo(random, 28)}"}`
  );
}

const NOT_ASCII = /[\u007f-\uffff]/g;

/** A string as a JSON literal in ASCII only, as Python's `json.dumps` and so xkcd spell it. */
export function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    NOT_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Lines of dialogue in JSON spelling; none for about one comic in seven. */
function transcript(random: Random, residue: number): string {
  if (residue === ODD.shortest || residue % 7 === 5) return '';
  const lines = residue === ODD.long ? LINES_LONG : LINES_MIN + upTo(random, LINES_SPREAD);
  let text = `[[${pick(random, SENTENCES)}]]`;
  for (let line = 1; line < lines; line += 1) {
    text += `\\n${pick(random, SPEAKERS)}: ${pick(random, SENTENCES)}`;
  }
  return text;
}

function sentences(random: Random, count: number): string {
  let text = pick(random, SENTENCES);
  for (let sentence = 1; sentence < count; sentence += 1) text += ` ${pick(random, SENTENCES)}`;
  return text;
}

function extraParts(number: number): string {
  return (
    `"extra_parts": {"headerextra": "\\n<link rel=\\"stylesheet\\" href=\\"/${number}/style.css\\">\\n", ` +
    `"pre": "", "inset": "<div id=\\"panel\\">\\u2192</div>", ` +
    `"post": "\\n<script src=\\"/${number}/main.js\\"></script>\\n"}, `
  );
}

/** The file of a comic's picture; names end in the number, so that no two comics share one. */
function pictureFile(number: number, title: string): string {
  const name = `${fileName(title)}_${number}`;
  switch (number % ODD_EVERY) {
    case ODD.noFile:
      return '';
    case ODD_PICTURE.jpeg:
      return `${name}_(1).jpg`;
    case ODD_PICTURE.gif:
      return `${name}.gif`;
    case ODD_PICTURE.folder:
      return `landing/${name}.png`;
    default:
      return `${name}.png`;
  }
}

function fileName(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
}

/** A whole number from 1 to `most`. */
function upTo(random: Random, most: number): number {
  return 1 + Math.floor(random() * most);
}

/** The number that xkcd left out on purpose. */
export const MISSING_NUMBER = 404;

/** The bodies of comics by number, and the newest number. */
export interface Catalogue {
  readonly latest: number;
  /** The body, byte for byte as it goes over the wire; undefined when there is no such comic. */
  bodyOf(number: number): Buffer | undefined;
  /** An invented picture for a file that a record names; `number` where its name ends in one. */
  pictureOf(file: string, number: number): Picture | undefined;
}

/** Invented comics from 1 to `latest`; 404 is missing, as on xkcd. */
export function inventedCatalogue(latest: number): Catalogue {
  const isThere = (number: number): boolean =>
    number >= 1 && number <= latest && number !== MISSING_NUMBER;
  return {
    latest: latest === MISSING_NUMBER ? latest - 1 : latest,
    bodyOf: (number) => (isThere(number) ? Buffer.from(comicBody(number), 'latin1') : undefined),
    pictureOf: (file, number) => {
      if (!isThere(number) || !comicBody(number).includes(imgOf(file.replace(LARGE, '')))) {
        return undefined;
      }
      return servedPicture(file, number);
    },
  };
}

/** How a record ends the URL of a picture. */
function imgOf(file: string): string {
  return `/comics/${file}"`;
}

function servedPicture(file: string, number: number): Picture | undefined {
  const isLarge = LARGE.test(file);
  const residue = number % ODD_EVERY;
  if (isLarge && (number < LARGE_SINCE || residue === ODD_PICTURE.small)) return undefined;
  const format = residue === ODD_PICTURE.misnamed ? 'jpg' : formatOf(file);
  return pictureOf(number, format, isLarge);
}

function formatOf(file: string): PictureFormat {
  if (/\.jpe?g$/i.test(file)) return 'jpg';
  return /\.gif$/i.test(file) ? 'gif' : 'png';
}

/** All of xkcd is 4 MB; a larger file than this is a mistake, and would not fit in memory. */
const FILE_BYTES_MAX = 536_870_912;

const NEWLINE = 0x0a;

const ServedRecord = z.object({ num: z.int().min(1), img: z.string().catch('') });

/**
 * Reads a file of recorded bodies. They are served byte for byte, without the newline; when two
 * lines carry the same number the later one counts; blank lines are skipped.
 * @throws CommandError (noInput) when the file cannot be read, is too large or holds no record, and
 * for the first line that is not JSON with a `num`.
 */
export async function recordedCatalogue(file: string): Promise<Catalogue> {
  const bodies = new Map<number, Buffer>();
  const numbers = new Map<string, number>();
  let latest = 0;
  for (const [line, body] of linesOf(await contentOf(file))) {
    const served = ServedRecord.safeParse(parseJson(body.toString())).data;
    if (served === undefined) {
      throw unreadable(file, `line ${line} is not a JSON object with a positive integer "num"`);
    }
    bodies.set(served.num, body);
    const picture = /\/comics\/(.+)$/.exec(served.img)?.[1];
    if (picture !== undefined) numbers.set(picture, served.num);
    latest = Math.max(latest, served.num);
  }
  if (latest === 0) throw unreadable(file, 'it holds no record');
  return {
    latest,
    bodyOf: (number) => bodies.get(number),
    pictureOf: (picture) => {
      const number = numbers.get(picture.replace(LARGE, ''));
      return number === undefined ? undefined : servedPicture(picture, number);
    },
  };
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size <= FILE_BYTES_MAX) return await readFile(file);
  } catch (error) {
    throw unreadable(file, errorText(error), error);
  }
  throw unreadable(file, `it is larger than ${FILE_BYTES_MAX / 1_048_576} MiB`);
}

function* linesOf(content: Buffer): Generator<[line: number, body: Buffer]> {
  let start = 0;
  for (let line = 1; start < content.length; line += 1) {
    const newline = content.indexOf(NEWLINE, start);
    const end = newline === -1 ? content.length : newline;
    const body = content.subarray(start, end);
    if (body.toString('latin1').trim() !== '') yield [line, body];
    start = end + 1;
  }
}

function unreadable(file: string, fact: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.noInput, `Cannot serve the records of ${file}: ${fact}`, { cause });
}

/** One of `choices`, which must not be empty. */
function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

/** The words of invented comics. */
const ADJECTIVES = [
  'Amber',
  'Borrowed',
  'Crooked',
  'Distant',
  'Elastic',
  'Folded',
  'Gentle',
  'Hollow',
  'Imaginary',
  'Jagged',
  'Kind',
  'Lunar',
  'Missing',
  'Nested',
  'Orbital',
  'Patient',
] as const;

const NOUNS = [
  'Anchors',
  'Bicycles',
  'Clocks',
  'Deadlines',
  'Elevators',
  'Forecasts',
  'Gardens',
  'Harbours',
  'Indexes',
  'Jackets',
  'Kettles',
  'Ladders',
  'Maps',
  'Notebooks',
  'Orchards',
  'Proofs',
] as const;

/** In JSON spelling, so that a body is put together without escaping each again. */
const SENTENCES = [
  'The kettle has opinions about thermodynamics and shares them at length.',
  'I sorted the pebbles by how surprised they looked.',
  'Two people stand beside a ladder that leads nowhere in particular.',
  'According to this map, we are standing on the legend.',
  'Every clock here is right, but about different things.',
  'My model predicts the weather of a planet we have not found yet.',
  'It is not a bug if the garden did it on purpose.',
  'We measured it twice and got three answers.',
  'The bicycle agrees with the theory, the theory does not agree with the bicycle.',
  'Someone labelled the axes \\"yes\\" and \\"later\\".',
  'She points at a graph whose line has left the paper.',
  'That is a \\u201cfeature\\u201d, said the na\\u00efve elevator.',
  'Quote: \\"the proof is left to the \\\\ reader\\".',
  'He looks up from the notebook: is zero a comic?',
  'The forecast for tomorrow is a picture of yesterday.',
  'Nobody expects the index to start at the end.',
] as const;

const SPEAKERS = ['Ada', 'Bram', 'Cleo', 'Figure', 'Voice'] as const;

/** Titles that break careless programs, by the residue of the comic's number. */
const ODD_TITLES: Readonly<Record<number, string>> = {
  2: '<span style="color: #0000ED">Kettle</span> of Theories',
  5: 's/ladder/lizard/',
  8: '.KTL Kettle File Format',
  11: '\u202eredrO esreveR',
  13: 'Caf&eacute; &amp; Clocks',
  17: 'Thin\u2009Space \ud83d\udea2 Harbour',
  19: 'Bell\u0007 and \u001b[31mRed\u001b[0m',
  37: '(',
  41: '../../etc/pebbles',
  43: 'Maps/Legends',
  47: '<Harbour>-Style Maps',
};
