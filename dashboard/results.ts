/**
 * The results: those of a folder, a page at a time or those that hold some words, and the slowest fetches
 * of a run.
 */

import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { parseJson } from '../shared/base/json.js';
import { errorText } from '../shared/base/errors.js';
import { type KindName, kindOf, recordKindOf } from '../shared/kinds/kinds.js';
import type { Site } from '../shared/kinds/site.js';
import type { ResultKey } from '../shared/store/result-key.js';
import type { ListedResult, ResultArchive, ResultRecord } from '../shared/store/result-store.js';

const PAGE_RESULTS = 50;

/** Results that one page of a search looks at: all that xkcd has, within about a second from a disk, */
const SCANNED_MAX = 4000;

/** and from a bucket that is far away those that it hands out in this time. */
const SEARCH_MS = 5000;

/** Results read at a time during a search. */
const BATCH = 200;

const SLOWEST_SHOWN = 10;

/** A page waits this long for the first digest; then it says that there is none yet. */
const PATIENCE_MS = 1000;

/** A digest is fresh for this long, */
const FRESH_MS = 3000;

/** and for this many times as long as it took to read: reading never keeps the process busy. */
const REST_FACTOR = 20;

/** Further than this no two clocks are apart. */
const CLOCKS_APART_MS = 10 * 60_000;

/** More runs than people look at in a while. */
const RUNS_REMEMBERED = 100;

export interface ResultPageView {
  readonly results: readonly ResultView[];
  /** The file after which the next page begins; undefined on the last. */
  readonly next: string | undefined;
  /** Results that were looked at for this page. */
  readonly scanned: number;
}

export interface ResultSource {
  readonly kind: KindName;
  readonly folder: string;
  readonly site: Site | undefined;
}

/** A page in the order of the files, from the one after `after`. */
export async function listResults(
  archive: ResultArchive,
  source: ResultSource,
  after: string | undefined,
): Promise<ResultPageView> {
  const { results, next } = await archive.list(source.folder, { after, limit: PAGE_RESULTS });
  const views = await viewsOf(archive, source, results);
  return { results: views, next, scanned: views.length };
}

export interface Search {
  /** All of them must occur, wherever in the texts of a result. */
  readonly words: string;
  readonly after: string | undefined;
  readonly scannedMax?: number;
}

/**
 * A page of the results that hold some words. It ends when it is full, when it has looked at
 * `scannedMax` results, or after some seconds: the next page goes on from there.
 */
export async function searchResults(
  archive: ResultArchive,
  source: ResultSource,
  { words, after, scannedMax = SCANNED_MAX }: Search,
): Promise<ResultPageView> {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found: ResultView[] = [];
  const endsAtMs = performance.now() + SEARCH_MS;
  let scanned = 0;
  let next = after;
  do {
    const limit = Math.min(BATCH, scannedMax - scanned);
    const page = await archive.list(source.folder, { after: next, limit });
    for (const view of await viewsOf(archive, source, page.results)) {
      scanned += 1;
      if (holds(view, wanted)) found.push(view);
      if (found.length === PAGE_RESULTS) return { results: found, next: view.file, scanned };
    }
    next = page.next;
  } while (next !== undefined && scanned < scannedMax && performance.now() < endsAtMs);
  return { results: found, next, scanned };
}

function viewsOf(
  archive: ResultArchive,
  source: ResultSource,
  listed: readonly ListedResult[],
): Promise<ResultView[]> {
  return Promise.all(listed.map((result) => viewOf(archive, result, source)));
}

function holds({ name, title, alt, date }: ResultView, words: readonly string[]): boolean {
  const text = `${name} ${title} ${alt} ${date}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export interface ResultView {
  readonly folder: string;
  readonly file: string;
  readonly bytes: number;
  readonly storedAtMs: number;
  /** The number of a comic, the readable part of a term. */
  readonly name: string;
  readonly title: string;
  readonly alt: string;
  /** `2006-01-01`; empty where it does not say. */
  readonly date: string;
  /** Where a person can look at it on the site; undefined where that is not known. */
  readonly link: string | undefined;
}

/** Any answer in JSON that has such fields is shown with them, whatever its kind. */
const Described = z.looseObject({
  safe_title: z.string().optional(),
  title: z.string().optional(),
  alt: z.string().optional(),
  year: z.string().optional(),
  month: z.string().optional(),
  day: z.string().optional(),
});

/** `Your-Name-0a1b2c3d4e`: what `fileNameOfTerm` adds behind the readable part. */
const DIGEST = /-[0-9a-f]{10}$/;

/** Reads a result as far as its view needs it. */
async function viewOf(
  archive: ResultArchive,
  listed: ListedResult,
  { kind, site }: ResultSource,
): Promise<ResultView> {
  const { folder, file } = listed.key;
  const stem = file.replace(/\.[^.]*$/, '');
  const record = recordKindOf(kind);
  const describing = record === undefined ? listed.key : recordKey(record, stem);
  const isJson = describing.file.endsWith('.json');
  const described = isJson ? describe(await archive.read(describing)) : {};
  const name = isJson ? stem : stem.replace(DIGEST, '').replaceAll('-', ' ');
  return {
    folder,
    file,
    bytes: listed.bytes,
    storedAtMs: listed.storedAt.getTime(),
    name,
    title: described.safe_title ?? described.title ?? '',
    alt: described.alt ?? '',
    date: dateOf(described),
    link: isJson ? linkOf(record ?? kind, site, stem) : undefined,
  };
}

/** What a picture shows is in the record of its comic. */
function recordKey(kind: KindName, stem: string): ResultKey {
  return { folder: kindOf(kind).plural, file: `${stem}.json` };
}

function describe(body: Buffer | undefined): z.infer<typeof Described> {
  return Described.safeParse(parseJson(body?.toString('utf8') ?? '')).data ?? {};
}

function dateOf({ year = '', month = '', day = '' }: z.infer<typeof Described>): string {
  if (!/^\d{4}$/.test(year)) return '';
  return [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-');
}

/** `https://xkcd.com/{id}/info.0.json` is about `https://xkcd.com/614/`. */
function linkOf(kind: KindName, site: Site | undefined, word: string): string | undefined {
  const placeholder = kindOf(kind).site?.placeholder;
  if (site === undefined || placeholder === undefined) return undefined;
  const place = site.url.indexOf(placeholder);
  if (place < 0) return undefined;
  const address = `${site.url.slice(0, place)}${encodeURIComponent(word)}/`;
  return /^https?:\/\//.test(address) && URL.canParse(address) ? address : undefined;
}

/** The slowest fetches of a run. */
export interface FetchDigest {
  /** Slowest first. */
  readonly slowest: readonly ResultRecord[];
  /** What is to be said of it: it is being read for the first time, or cannot be; empty otherwise. */
  readonly note: string;
}

interface Known {
  digest: FetchDigest;
  freshUntilMs: number;
  reading: Promise<void> | undefined;
}

/** Reads the records of a run again when they were read long enough ago. */
export class FetchDigests {
  readonly #archive: ResultArchive;
  readonly #runs = new LRUCache<string, Known>({ max: RUNS_REMEMBERED });

  constructor(archive: ResultArchive) {
    this.#archive = archive;
  }

  /** The digest of a run (`run-7`) made at a time, as far as it is known within a second. */
  async of(run: string, createdAtMs: number): Promise<FetchDigest> {
    const known = this.#runs.get(run) ?? {
      digest: { slowest: [], note: 'The records of its fetches are still being read.' },
      freshUntilMs: 0,
      reading: undefined,
    };
    this.#runs.set(run, known);
    if (performance.now() >= known.freshUntilMs) {
      known.reading ??= this.#read(run, createdAtMs, known);
      await Promise.race([known.reading, patience()]);
    }
    return known.digest;
  }

  async #read(run: string, createdAtMs: number, known: Known): Promise<void> {
    const begunMs = performance.now();
    let slowest: readonly ResultRecord[] = [];
    try {
      const since = new Date(createdAtMs - CLOCKS_APART_MS);
      for await (const record of this.#archive.records(since)) {
        if (record.run === run) slowest = withSlow(slowest, record);
      }
      known.digest = { slowest, note: '' };
    } catch (error) {
      // The page has more to tell than this, and the next reading may go well.
      known.digest = { ...known.digest, note: `${errorText(error)}.` };
    }
    const tookMs = performance.now() - begunMs;
    known.freshUntilMs = performance.now() + FRESH_MS + tookMs * REST_FACTOR;
    known.reading = undefined;
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}

function withSlow(slowest: readonly ResultRecord[], record: ResultRecord): readonly ResultRecord[] {
  const least = slowest[SLOWEST_SHOWN - 1];
  if (least !== undefined && least.durationMs >= record.durationMs) return slowest;
  return [...slowest, record]
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOWEST_SHOWN);
}
