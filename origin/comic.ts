/** Invented comics in the shape of xkcd's, the same for the same number everywhere. */

import { ADJECTIVES, NOUNS, ODD_TITLES, SENTENCES, SPEAKERS } from './comic-words.js';
import { createRandom, pick, type Random } from './random.js';

/** Spreads neighbouring numbers over the generator's states. */
const SEED_STEP = 0x9e3779b1;

/** A prime, so that odd comics do not line up with steps like `1-200:10`. */
const ODD_EVERY = 61;

/** The residues at which something unusual happens, besides those of the odd titles. */
const ODD = { noFile: 23, extraParts: 29, long: 31, shortest: 37 } as const;

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
  const file = residue === ODD.noFile ? '' : `${fileName(title)}.png`;
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

function fileName(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
}

/** A whole number from 1 to `most`. */
function upTo(random: Random, most: number): number {
  return 1 + Math.floor(random() * most);
}
