/** Reads which page a request asks for. */

/** Paths under this prefix control the stand-in itself; no site has them. */
const CONTROL_PREFIX = '/__origin/';

/** Where a search site redirects a suspected robot. */
export const ROBOT_PATH = '/sorry/index';

/** The page that a request asks for; `nothing` is a 404. */
export type Target =
  | { readonly page: 'comic'; readonly number: number }
  | { readonly page: 'latest' }
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
