/**
 * Reads which page a request asks for, and answers it honestly: status, headers and bytes as the real sites
 * send them.
 */

import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { escapeMarkup } from '../shared/base/safe-text.js';
import type { Catalogue } from './comics.js';

/** Paths under this prefix control the stand-in itself; no site has them. */
const CONTROL_PREFIX = '/__origin/';

/** Where a search site redirects a suspected robot. */
export const ROBOT_PATH = '/sorry/index';

/** The page that a request asks for; `nothing` is a 404. */
export type Target =
  | { readonly page: 'comic'; readonly number: number }
  | { readonly page: 'latest' }
  /** A file below the folder of pictures, and the number that invented names end in; else 0. */
  | { readonly page: 'picture'; readonly file: string; readonly number: number }
  | { readonly page: 'search'; readonly term: string }
  | { readonly page: 'robot'; readonly query: URLSearchParams }
  | ControlTarget
  | { readonly page: 'nothing' };

/** A request to the stand-in itself, by the name behind the prefix. */
export interface ControlTarget {
  readonly page: 'control';
  readonly name: string;
  readonly query: URLSearchParams;
}

const COMIC = /^\/([1-9]\d{0,9})\/info\.0\.json$/;
const PICTURE = /^\/comics\/(.+)$/;
/** `name_614.png`, `name_614_(1).jpg`, `name_614_2x.png`. */
const NUMBER_OF_PICTURE = /_([1-9]\d{0,9})(?:_\(1\))?(?:_2x)?\.[a-z]+$/;
const LATEST_PATH = '/info.0.json';
const SEARCH_PATH = '/search';
const NOTHING: Target = { page: 'nothing' };
const LATEST: Target = { page: 'latest' };

/** Reads a request's target (path and query, as on the wire). */
export function targetOf(url: string): Target {
  const queryStart = url.indexOf('?');
  const path = queryStart === -1 ? url : url.slice(0, queryStart);
  const comic = COMIC.exec(path);
  if (comic?.[1] !== undefined) return { page: 'comic', number: Number(comic[1]) };
  if (path === LATEST_PATH) return LATEST;
  const file = PICTURE.exec(path)?.[1];
  if (file !== undefined) return pictureAt(file);
  const query = new URLSearchParams(queryStart === -1 ? '' : url.slice(queryStart + 1));
  if (path === SEARCH_PATH) {
    const term = query.get('q');
    return term === null || term === '' ? NOTHING : { page: 'search', term };
  }
  if (path === ROBOT_PATH) return { page: 'robot', query };
  if (path.startsWith(CONTROL_PREFIX)) {
    return { page: 'control', name: path.slice(CONTROL_PREFIX.length), query };
  }
  return NOTHING;
}

function pictureAt(encoded: string): Target {
  try {
    const file = decodeURIComponent(encoded);
    return { page: 'picture', file, number: Number(NUMBER_OF_PICTURE.exec(file)?.[1] ?? 0) };
  } catch {
    return NOTHING;
  }
}

/**
 * Comics up to this number are cached, 12 MB at most: all of xkcd. Later ones are made for each
 * request, which is cheaper than to cache and evict a million (21,100 against 10,900 requests/s).
 */
const CACHED_NUMBER_MAX = 8_192;

const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html; charset=UTF-8';

/** One answer, before any fault. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** Headers besides type, length and encoding, as name, value, name, value. */
  readonly headers: readonly string[];
}

/** An answer with the bytes and headers that go over the wire in each encoding, made once. */
interface Prepared extends Answer {
  readonly plainHeaders: string[];
  gzipped: { readonly body: Buffer; readonly headers: string[] } | undefined;
}

export interface AnswerSource {
  /** The honest answer to a request for a page of the sites. */
  answerTo(target: Target): Prepared;
}

/** Answers from a catalogue of comics; those with usual numbers are cached. */
export function createAnswers(catalogue: Catalogue): AnswerSource {
  const comics = new Map<number, Prepared>();
  const pictures = new Map<string, Prepared>();
  const nothing = prepare({
    status: 404,
    contentType: 'text/html',
    body: Buffer.from(NOT_FOUND_PAGE),
    headers: [],
  });

  const comicAnswer = (number: number): Prepared => {
    const known = comics.get(number);
    if (known !== undefined) return known;
    const body = catalogue.bodyOf(number);
    if (body === undefined) return nothing;
    const made = prepare(comicOf(number, body));
    if (number <= CACHED_NUMBER_MAX) comics.set(number, made);
    return made;
  };

  const pictureAnswer = (file: string, number: number): Prepared => {
    const known = pictures.get(file);
    if (known !== undefined) return known;
    const picture = catalogue.pictureOf(file, number);
    if (picture === undefined) return nothing;
    const made = prepare({ status: 200, ...picture, headers: ['Cache-Control', 'max-age=300'] });
    if (pictures.size < CACHED_NUMBER_MAX) pictures.set(file, made);
    return made;
  };

  return {
    answerTo: (target) => {
      if (target.page === 'comic') return comicAnswer(target.number);
      if (target.page === 'latest') return comicAnswer(catalogue.latest);
      if (target.page === 'picture') return pictureAnswer(target.file, target.number);
      if (target.page === 'search') return prepare(htmlOf(200, searchPage(target.term)));
      if (target.page === 'robot') return prepare(robotOf(target.query));
      return nothing;
    },
  };
}

/** Sends an answer, compressed if `gzip` unless it is a picture, and returns its status. */
export function sendAnswer(response: ServerResponse, answer: Prepared, gzip: boolean): number {
  if (gzip && answer.status === 200 && !answer.contentType.startsWith('image/')) {
    answer.gzipped ??= compress(answer);
    response.writeHead(200, answer.gzipped.headers).end(answer.gzipped.body);
  } else {
    response.writeHead(answer.status, answer.plainHeaders).end(answer.body);
  }
  return answer.status;
}

function comicOf(number: number, body: Buffer): Answer {
  const etag = `W/"${number.toString(16)}-${body.length.toString(16)}"`;
  return {
    status: 200,
    contentType: JSON_TYPE,
    body,
    headers: ['ETag', etag, 'Cache-Control', 'max-age=300', 'Vary', 'Accept-Encoding'],
  };
}

function htmlOf(status: number, html: string, headers: readonly string[] = []): Answer {
  return { status, contentType: HTML_TYPE, body: Buffer.from(html), headers };
}

/** The page that a robot is redirected to. The redirect's query may ask for a Retry-After. */
function robotOf(query: URLSearchParams): Answer {
  const retryAfter = query.get('retry-after');
  const usable = retryAfter !== null && /^[\x20-\x7e]*$/.test(retryAfter);
  return htmlOf(429, ROBOT_PAGE, usable ? ['Retry-After', retryAfter] : []);
}

function prepare(answer: Answer): Prepared {
  return { ...answer, plainHeaders: wireHeaders(answer, answer.body.length), gzipped: undefined };
}

function compress(answer: Answer): { body: Buffer; headers: string[] } {
  const body = gzipSync(answer.body);
  return { body, headers: [...wireHeaders(answer, body.length), 'Content-Encoding', 'gzip'] };
}

function wireHeaders(answer: Answer, length: number): string[] {
  return [
    'Server',
    'nginx',
    'Content-Type',
    answer.contentType,
    'Content-Length',
    String(length),
    ...answer.headers,
  ];
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>\n`;
}

const RESULTS = 10;

/** An invented page of results for a term. */
function searchPage(term: string): string {
  const shown = escapeMarkup(term);
  const results = Array.from({ length: RESULTS }, (_, index) => {
    const rank = index + 1;
    return `<li><h3><a href="https://result-${rank}.example.invalid/?q=${encodeURIComponent(term)}">${shown}: result ${rank}</a></h3><p>An invented page about <em>${shown}</em>, number ${rank} of ${RESULTS}.</p></li>`;
  });
  return page(
    `${shown} - Search`,
    `<form action="/search"><input name="q" value="${shown}"></form><ol id="results">${results.join('')}</ol>`,
  );
}

/** nginx's 404. */
const NOT_FOUND_PAGE =
  '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

/** What a search site answers to a suspected robot. */
const ROBOT_PAGE = page(
  'Sorry...',
  '<h1>Our systems have detected unusual traffic from your computer network</h1><form id="captcha-form" action="index" method="post"><p>Show that you are not a robot.</p></form>',
);

/** A page without results, for browsers that have yet to run a script. */
export const JAVASCRIPT_PAGE = page(
  'Search',
  '<noscript><meta http-equiv="refresh" content="0;url=/httpservice/retry/enablejs?sei=invented"><p>Please <a href="/httpservice/retry/enablejs?sei=invented">turn on JavaScript</a>.</p></noscript><script>window.sgs=0;</script>',
);

/** A page for people in place of JSON. */
export const MAINTENANCE_PAGE = page(
  'Back soon',
  '<h1>Back soon</h1><p>We are watering the servers.</p>',
);
