/** Where the panel is: its address, its place on the page, and what was chosen, in the address. */

import type { Extent } from '../../shared/report/chart.js';

/** The path of the address within the board: `/queue/comics`. */
export function currentPath(): string {
  return location.pathname.slice(basePath().length - 1);
}

/** A URL for `fetch` and links; without the login that the address may hold, which `fetch` refuses. */
export function urlOf(path: string): string {
  return `${location.origin}${basePath()}${path}`;
}

/** Where the board is served, with a slash at both ends. */
function basePath(): string {
  return new URL(document.baseURI).pathname;
}

/** What is put on pages: the panel, and for Bull Board's header links to our pages, the board first. */
export interface Placed {
  readonly panel: HTMLElement;
  readonly links: HTMLElement;
}

/**
 * Puts the panel where a page of ours holds a place for it, else at the top of Bull Board's main column
 * where `wanted` says so, and the links in Bull Board's header, and keeps them there; names Bull Board's
 * parts, too. `onPath` is called at every change of the address.
 */
export function keepInPlace(
  { panel, links }: Placed,
  wanted: () => boolean,
  onPath: (path: string) => void,
): void {
  let path = '';
  const settle = (): void => {
    nameParts();
    const header = document.querySelector('#root .header-title-group');
    const title = header?.lastElementChild ?? null;
    if (title !== null && title.previousElementSibling !== links) title.before(links);
    const main = document.querySelector('#panel-place, #root > main');
    if (main === null) return;
    if (!wanted()) panel.remove();
    else if (main.firstElementChild !== panel) main.prepend(panel);
    if (path === currentPath()) return;
    path = currentPath();
    if (path === '/') links.firstElementChild?.setAttribute('aria-current', 'page');
    else links.firstElementChild?.removeAttribute('aria-current');
    onPath(path);
  };
  // Bull Board changes the page whenever it changes the address: one observer sees both.
  new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
  addEventListener('popstate', settle);
  settle();
}

/** Names for those of Bull Board's parts that show a picture alone: screen readers say them. */
const NAMES = [
  ['header li:nth-child(1) > button', 'Redis'],
  ['header li:nth-child(2) > button', 'Full screen'],
  ['header li:nth-child(3) > button', 'Settings'],
  ['[class*="copyBtn-"]', 'Copy'],
  ['button[aria-haspopup="menu"]', 'Actions'],
  ['[role="progressbar"]', 'Progress'],
] as const;

/** Names the parts that are there now, and hides the picture on one of them. */
function nameParts(): void {
  for (const [selector, name] of NAMES) {
    for (const part of document.querySelectorAll(`#root ${selector}:not([aria-label])`)) {
      const hasText =
        part.localName === 'button' && part.querySelector(':scope > :not(svg)') !== null;
      if (!hasText) part.setAttribute('aria-label', name);
    }
  }
  for (const picture of document.querySelectorAll('#root button > svg[role="img"]')) {
    picture.setAttribute('aria-hidden', 'true');
  }
  // Its text names it, and its label in other words.
  document.querySelector('#root [class*="schedulersLink-"]')?.removeAttribute('aria-label');
}

export interface Choice {
  /** The run to show; undefined for the newest. */
  readonly run?: number | undefined;
  /** The run to lay over it. */
  readonly overlay?: number | undefined;
  /** How much of the chart is shown; undefined for what fits: a live run alone, else all of it. */
  readonly extent?: Extent | undefined;
  /** Which chart is shown where there are two. */
  readonly chart?: 'course' | 'sweep' | undefined;
  /** Whether a panel that is one line high was opened. */
  readonly open?: boolean | undefined;
}

/** What of a choice the address holds, so that a view can be sent. */
const IN_ADDRESS = ['run', 'with', 'zoom', 'chart', 'panel'] as const;

/** What was chosen: as the address says, else as it was on this page before, in this tab. */
export function recallChoice(path: string, search: string): Choice {
  const query = new URLSearchParams(search);
  if (IN_ADDRESS.some((name) => query.has(name))) return choiceIn(query);
  try {
    return choiceIn(new URLSearchParams(sessionStorage.getItem(keyOf(path)) ?? ''));
  } catch {
    return {};
  }
}

/** Remembers what is chosen on a page, in its address and in this tab. */
export function rememberChoice(path: string, choice: Choice): void {
  const { run, overlay, extent, chart, open } = choice;
  const panel = open === true ? 'open' : undefined;
  const chosen = { run, with: overlay, zoom: extent, chart, panel };
  const query = new URLSearchParams(location.search);
  const remembered = new URLSearchParams();
  for (const name of IN_ADDRESS) {
    query.delete(name);
    const value = chosen[name];
    if (value === undefined) continue;
    query.set(name, String(value));
    remembered.set(name, String(value));
  }
  const text = query.toString();
  history.replaceState(history.state, '', `${location.pathname}${text === '' ? '' : `?${text}`}`);
  try {
    sessionStorage.setItem(keyOf(path), remembered.toString());
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

function choiceIn(query: URLSearchParams): Choice {
  const extent = query.get('zoom');
  const chart = query.get('chart');
  return {
    run: numberIn(query, 'run'),
    overlay: numberIn(query, 'with'),
    extent: extent === 'whole' || extent === 'run' ? extent : undefined,
    chart: chart === 'course' || chart === 'sweep' ? chart : undefined,
    open: query.get('panel') === 'open' ? true : undefined,
  };
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const digits = /^(?:run-)?(\d{1,12})$/.exec(query.get(name) ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function keyOf(path: string): string {
  return `comic-queue ${path}`;
}
