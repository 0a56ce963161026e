/** Faults of content: well-formed answers that are not what was asked for. */

import { z } from 'zod';
import { HTML_TYPE, type Answer } from '../answers.js';
import { MAINTENANCE_PAGE } from '../html.js';
import { BOTH, COMICS, type Encounter, type FaultKind } from './fault.js';
import type { Site } from './settings.js';

/** Invented or recorded: what the faults need of a comic. */
const ServedComic = z.looseObject({ num: z.number() });

type ServedComic = z.infer<typeof ServedComic>;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A lead byte of two without its second. */
const NOT_UTF8 = Buffer.from([0xc3, 0x28]);

/** The first bytes of a PNG file. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d]);

/** What a terminal or a page must not be sent as it is. */
const HOSTILE_TEXT = '\u001b[2J\u001b]0;owned\u0007<script>alert(1)</script>\u202egnp.exe\u0000';

/** Answers 200 with a body made from the honest one. */
function send(
  { response, honest }: Encounter,
  body: Buffer | string,
  contentType = honest.contentType,
): number {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response
    .writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.length })
    .end(bytes);
  return 200;
}

function bodyFault(
  meaning: string,
  sites: readonly Site[],
  effect: (encounter: Encounter) => number,
): FaultKind {
  return { meaning, sites, options: [], effect };
}

function comicOf({ body }: Answer): ServedComic {
  return ServedComic.parse(JSON.parse(body.toString()));
}

/** The body of the next comic, as far as its number goes. */
function nextComic(honest: Answer, fields: object = {}): string {
  const comic = comicOf(honest);
  return JSON.stringify({ ...comic, num: comic.num + 1, ...fields });
}

function badUtf8({ body, contentType }: Answer): Buffer {
  const at = body.lastIndexOf(contentType === HTML_TYPE ? '<' : '"');
  return Buffer.concat([body.subarray(0, at), NOT_UTF8, body.subarray(at)]);
}

export const BODY_FAULTS = {
  empty: bodyFault('200 without a body', BOTH, (encounter) => send(encounter, '')),
  html200: bodyFault('200 with a page for people', COMICS, (encounter) =>
    send(encounter, MAINTENANCE_PAGE, HTML_TYPE),
  ),
  image200: bodyFault('200 with an image', BOTH, (encounter) => send(encounter, PNG, 'image/png')),
  'bad-json': bodyFault('JSON that ends in the middle', COMICS, (encounter) => {
    const { body } = encounter.honest;
    return send(encounter, body.subarray(0, body.length >> 1));
  }),
  'other-num': bodyFault("another comic's number in the body", COMICS, (encounter) =>
    send(encounter, nextComic(encounter.honest)),
  ),
  'missing-fields': bodyFault('a comic that is nothing but its number', COMICS, (encounter) =>
    send(encounter, JSON.stringify({ num: comicOf(encounter.honest).num })),
  ),
  bom: bodyFault('a byte order mark before the body', BOTH, (encounter) =>
    send(encounter, Buffer.concat([BYTE_ORDER_MARK, encounter.honest.body])),
  ),
  'bad-utf8': bodyFault('bytes that are no UTF-8', BOTH, (encounter) =>
    send(encounter, badUtf8(encounter.honest)),
  ),
  proto: bodyFault('a comic whose fields are all within "__proto__"', COMICS, (encounter) =>
    send(encounter, `{"__proto__": ${encounter.honest.body.toString()}}`),
  ),
  hostile: bodyFault(
    "another comic's number, and a title full of escapes, markup and direction overrides",
    COMICS,
    (encounter) =>
      send(
        encounter,
        nextComic(encounter.honest, { title: HOSTILE_TEXT, safe_title: HOSTILE_TEXT }),
      ),
  ),
} as const satisfies Record<string, FaultKind>;
