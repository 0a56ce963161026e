/** Faults of content: well-formed answers that are not what was asked for. */

import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import {
  type Answer,
  HTML_TYPE,
  JAVASCRIPT_PAGE,
  MAINTENANCE_PAGE,
  ROBOT_PATH,
} from '../answers.js';
import {
  ALL,
  COMICS,
  type Encounter,
  type FaultKind,
  type Page,
  SEARCHES,
  SELECTING,
  TEXTS,
  WITH_DEPTH,
  WITH_RETRY_AFTER,
  WITH_SIZE,
  WITH_TARGET,
} from './fault.js';
import { retryAfterHeader } from './http.js';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A lead byte of two without its second. */
const NOT_UTF8 = Buffer.from([0xc3, 0x28]);

/** The first bytes of a PNG file. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d]);

/** What a terminal or a page must not be sent as it is. */
const HOSTILE_TEXT = '\u001b[2J\u001b]0;owned\u0007<script>alert(1)</script>\u202egnp.exe\u0000';

const MIB = 1_048_576;
const GZIP_BOMB_MIB = 512;
const BIG_JSON_MIB = 50;
const DEPTH = 100_000;
const PIECE_BYTES = 65_536;

/** Marks the target of a redirect that is to succeed. */
const REDIRECTED = 'redirected=1';

/** Nothing listens there, so a client that follows is found out by its failure. */
const LOOPBACK_TARGET = 'http://127.0.0.1:9/trap';

export const BODY_FAULTS = {
  empty: bodyFault('200 without a body', ALL, (encounter) => send(encounter, '')),
  html200: bodyFault('200 with a page for people', ['comics', 'pictures'], (encounter) =>
    send(encounter, MAINTENANCE_PAGE, HTML_TYPE),
  ),
  image200: bodyFault('200 with an image', TEXTS, (encounter) => send(encounter, PNG, 'image/png')),
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
  bom: bodyFault('a byte order mark before the body', TEXTS, (encounter) =>
    send(encounter, Buffer.concat([BYTE_ORDER_MARK, encounter.honest.body])),
  ),
  'bad-utf8': bodyFault('bytes that are no UTF-8', TEXTS, (encounter) =>
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
  pages: readonly Page[],
  effect: (encounter: Encounter) => number,
): FaultKind {
  return { meaning, pages, options: SELECTING, effect };
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

/** Invented or recorded: what the faults need of a comic. */
const ServedComic = z.looseObject({ num: z.number() });

type ServedComic = z.infer<typeof ServedComic>;

export const SIZE_FAULTS = {
  'gzip-bomb': {
    meaning: 'half a megabyte that decodes to 512 MiB',
    pages: ALL,
    options: WITH_SIZE,
    effect: gzipBomb,
  },
  endless: {
    meaning: 'a body that never ends, as fast as it is read',
    pages: ALL,
    options: SELECTING,
    effect: (encounter) => {
      streamPieces(encounter, endlessBlanks());
      return 200;
    },
  },
  'big-json': {
    meaning: 'a valid comic of 50 MiB',
    pages: COMICS,
    options: WITH_SIZE,
    effect: (encounter) => {
      const bytes = (encounter.settings.mib ?? BIG_JSON_MIB) * MIB;
      streamPieces(encounter, withField(encounter.honest.body, longString(bytes)));
      return 200;
    },
  },
  'deep-json': {
    meaning: 'a comic with 100,000 nested arrays',
    pages: COMICS,
    options: WITH_DEPTH,
    effect: (encounter) => {
      const depth = encounter.settings.depth ?? DEPTH;
      const nested = Buffer.from('['.repeat(depth) + ']'.repeat(depth));
      streamPieces(encounter, withField(encounter.honest.body, [nested]));
      return 200;
    },
  },
} as const satisfies Record<string, FaultKind>;

/**
 * A valid compressed body that decodes to `mib` MiB of blanks and then the honest body: members of
 * one MiB, each about a kilobyte, behind one another, as RFC 1952 allows.
 */
function gzipBomb({ response, honest, settings }: Encounter): number {
  const member = gzipSync(Buffer.alloc(MIB, ' '));
  const members = Array.from({ length: settings.mib ?? GZIP_BOMB_MIB }, () => member);
  const body = Buffer.concat([...members, gzipSync(honest.body)]);
  response
    .writeHead(200, {
      'Content-Type': honest.contentType,
      'Content-Encoding': 'gzip',
      'Content-Length': body.length,
    })
    .end(body);
  return 200;
}

function* endlessBlanks(): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE_BYTES, ' ');
  for (;;) yield piece;
}

/** The honest comic with a field of its own before the others. */
function* withField(comic: Buffer, value: Iterable<Buffer>): Generator<Buffer> {
  yield Buffer.from('{"padding": ');
  yield* value;
  yield Buffer.from(', ');
  yield comic.subarray(comic.indexOf('{') + 1);
}

function* longString(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE_BYTES, 'x');
  yield Buffer.from('"');
  for (let sent = 0; sent < bytes; sent += PIECE_BYTES) yield piece;
  yield Buffer.from('"');
}

/**
 * Sends pieces no faster than the client reads them; stops when it leaves. Without a length the
 * answer is chunked.
 */
function streamPieces(
  { response, honest }: Encounter,
  pieces: Iterable<Buffer>,
  bodyBytes?: number,
): void {
  response.writeHead(200, {
    'Content-Type': honest.contentType,
    ...(bodyBytes === undefined ? {} : { 'Content-Length': bodyBytes }),
  });
  const iterator = pieces[Symbol.iterator]();
  const proceed = (): void => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      if (response.destroyed) return;
      if (!response.write(next.value)) {
        response.once('drain', proceed);
        return;
      }
    }
    response.end();
  };
  proceed();
}

export const REDIRECT_FAULTS = {
  redirect: redirectFault('302 to another page of this host, which has the answer', redirectOnce),
  'redirect-loop': redirectFault('302 to the same page', (encounter) =>
    redirect(encounter, pathOf(encounter)),
  ),
  'redirect-host': redirectFault('302 to another host', (encounter) =>
    redirect(encounter, `https://elsewhere.example.invalid${pathOf(encounter)}`),
  ),
  'redirect-loopback': redirectFault('302 to a port of this machine', (encounter) =>
    redirect(encounter, LOOPBACK_TARGET),
  ),
  'redirect-http': redirectFault('302 to the same page by plain http', (encounter) =>
    redirect(encounter, absolute(encounter, 'http')),
  ),
  consent: blockFault('302 to consent.google.com', consent),
  robot: blockFault('302 to /sorry/index, which answers 429', robot),
  javascript: blockFault('200 with a page that needs JavaScript', javascript),
} as const satisfies Record<string, FaultKind>;

function redirect(encounter: Encounter, location: string): number {
  encounter.response
    .writeHead(302, {
      Location: encounter.settings.to ?? location,
      'Content-Type': HTML_TYPE,
      'Content-Length': 0,
      ...retryAfterHeader(encounter),
    })
    .end();
  return 302;
}

function pathOf({ request }: Encounter): string {
  return request.url ?? '/';
}

/** A redirect within the site, which is honoured: what follows it gets its answer. */
function redirectOnce(encounter: Encounter): number {
  const path = pathOf(encounter);
  if (!path.includes(REDIRECTED)) {
    return redirect(encounter, `${path}${path.includes('?') ? '&' : '?'}${REDIRECTED}`);
  }
  const { response, honest } = encounter;
  response
    .writeHead(honest.status, {
      'Content-Type': honest.contentType,
      'Content-Length': honest.body.length,
    })
    .end(honest.body);
  return honest.status;
}

/** The address a page of this host has under a scheme. */
function absolute(encounter: Encounter, scheme: string): string {
  return `${scheme}://${encounter.request.headers.host ?? 'localhost'}${pathOf(encounter)}`;
}

function consent(encounter: Encounter): number {
  const target = encodeURIComponent(absolute(encounter, 'https'));
  return redirect(encounter, `https://consent.google.com/ml?continue=${target}&gl=DE&m=0&pc=srp`);
}

function robot(encounter: Encounter): number {
  const query = new URLSearchParams({ continue: absolute(encounter, 'https') });
  const retryAfter = encounter.settings['retry-after'];
  if (retryAfter !== undefined) query.set('retry-after', retryAfter);
  return redirect(encounter, `${ROBOT_PATH}?${query.toString()}`);
}

function javascript(encounter: Encounter): number {
  encounter.response
    .writeHead(200, {
      'Content-Type': HTML_TYPE,
      'Content-Length': Buffer.byteLength(JAVASCRIPT_PAGE),
      ...retryAfterHeader(encounter),
    })
    .end(JAVASCRIPT_PAGE);
  return 200;
}

function redirectFault(meaning: string, effect: (encounter: Encounter) => number): FaultKind {
  return { meaning, pages: ALL, options: WITH_TARGET, effect };
}

function blockFault(meaning: string, effect: (encounter: Encounter) => number): FaultKind {
  return { meaning, pages: SEARCHES, options: WITH_RETRY_AFTER, effect };
}
