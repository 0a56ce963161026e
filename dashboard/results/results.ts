/** The results of a folder: a page at a time, or those that hold some words. */

import { z } from 'zod';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import type { Site } from '../../shared/kinds/site.js';
import type { ListedResult, ResultArchive } from '../../shared/store/result-store.js';
import { Refreshed } from './digest.js';

const PAGE_RESULTS = 50;

/** Results that a search looks through: about 6 MB of memory. */
export const SEARCHED_MAX = 20_000;

/** Results read at a time while the search learns them. */
const BATCH = 500;

export interface ResultPageView {
  readonly results: readonly ResultView[];
  /** The file after which the next page begins; undefined on the last. */
  readonly next: string | undefined;
  /** Results that were found in all; undefined where nothing was searched for. */
  readonly found: number | undefined;
  /** Whether the search knew all there is. */
  readonly isWhole: boolean;
}

export interface ResultSource {
  readonly kind: KindName;
  readonly folder: string;
  readonly site: Site | undefined;
}

export class ResultList {
  readonly #archive: ResultArchive;
  readonly #source: ResultSource;
  readonly #index: Refreshed<readonly ResultView[]>;
  #known = new Map<string, ResultView>();

  constructor(archive: ResultArchive, source: ResultSource) {
    this.#archive = archive;
    this.#source = source;
    this.#index = new Refreshed(() => this.#learn());
  }

  /** A page in the order of the files, from the one after `after`. */
  async page(after: string | undefined): Promise<ResultPageView> {
    const listed = await this.#archive.list(this.#source.folder, { after, limit: PAGE_RESULTS });
    const results = await this.#views(listed.results);
    return { results, next: listed.next, found: undefined, isWhole: true };
  }

  /** The results that hold all the words, wherever in their texts. */
  async search(words: string, after: string | undefined): Promise<ResultPageView> {
    const { value = [], isWhole } = await this.#index.get();
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = value.filter((view) => holds(view, wanted));
    const start = after === undefined ? 0 : found.findIndex(({ file }) => file === after) + 1;
    const results = found.slice(start, start + PAGE_RESULTS);
    const hasMore = found.length > start + PAGE_RESULTS;
    const isLimited = value.length >= SEARCHED_MAX;
    return {
      results,
      next: hasMore ? results.at(-1)?.file : undefined,
      found: found.length,
      isWhole: isWhole && !isLimited,
    };
  }

  async #learn(): Promise<readonly ResultView[]> {
    const views: ResultView[] = [];
    let after: string | undefined;
    do {
      const page = await this.#archive.list(this.#source.folder, { after, limit: BATCH });
      views.push(...(await this.#views(page.results)));
      after = page.next;
    } while (after !== undefined && views.length < SEARCHED_MAX);
    this.#known = new Map(views.map((view) => [view.file, view]));
    return views;
  }

  /** What has not changed since it was read is not read again. */
  #views(listed: readonly ListedResult[]): Promise<ResultView[]> {
    return Promise.all(
      listed.map(async (result) => {
        const known = this.#known.get(result.key.file);
        const isSame =
          known?.bytes === result.bytes && known.storedAtMs === result.storedAt.getTime();
        return known !== undefined && isSame ? known : viewOf(this.#archive, result, this.#source);
      }),
    );
  }
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
  { kind, site }: { readonly kind: KindName; readonly site: Site | undefined },
): Promise<ResultView> {
  const { folder, file } = listed.key;
  const isJson = file.endsWith('.json');
  const stem = file.replace(/\.[^.]*$/, '');
  const described = isJson ? describe(await archive.read(listed.key)) : {};
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
    link: isJson ? linkOf(kind, site, stem) : undefined,
  };
}

function describe(body: Buffer | undefined): z.infer<typeof Described> {
  try {
    return Described.safeParse(JSON.parse(body?.toString('utf8') ?? '')).data ?? {};
  } catch {
    return {};
  }
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
