/** Reads which page a request asks for. */

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
