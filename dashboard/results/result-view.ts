/** What a kept result is about, as far as it says so itself. */

import { z } from 'zod';
import { kindOf, type KindName } from '../../shared/kinds/kinds.js';
import type { Site } from '../../shared/kinds/site.js';
import type { ListedResult, ResultArchive } from '../../shared/store/result-store.js';

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
export async function viewOf(
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
