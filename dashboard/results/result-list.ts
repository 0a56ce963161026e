/** The results of a folder: a page at a time, or those that hold some words. */

import type { KindName } from '../../shared/kinds/kinds.js';
import type { Site } from '../../shared/kinds/site.js';
import type { ListedResult, ResultArchive } from '../../shared/store/result-store.js';
import { Refreshed } from './refreshed.js';
import { viewOf, type ResultView } from './result-view.js';

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
