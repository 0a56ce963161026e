/** Keeps the panel on the page, which Bull Board redraws at any time, and remembers what was chosen. */

import type { Extent } from '../../shared/report/chart.js';

/**
 * Puts `host` at the top of Bull Board's main column where `wanted` says so, and keeps it there.
 * `onPath` is called at every change of the address.
 */
export function keepInPlace(
  host: HTMLElement,
  wanted: () => boolean,
  onPath: (path: string) => void,
): void {
  let path = '';
  const settle = (): void => {
    const main = document.querySelector('#root > main');
    if (main === null) return;
    if (!wanted()) host.remove();
    else if (main.firstElementChild !== host) main.prepend(host);
    if (path === location.pathname) return;
    path = location.pathname;
    onPath(path);
  };
  // Bull Board changes the page whenever it changes the address: one observer sees both.
  new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
  addEventListener('popstate', settle);
  settle();
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
}

/** What was chosen on a page before. */
export function recallChoice(path: string): Choice {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(keyOf(path)) ?? '{}');
    return readChoice(stored);
  } catch {
    return {};
  }
}

/** Remembers what is chosen on a page. */
export function rememberChoice(path: string, choice: Choice): void {
  try {
    sessionStorage.setItem(keyOf(path), JSON.stringify(choice));
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

function readChoice(stored: unknown): Choice {
  if (typeof stored !== 'object' || stored === null) return {};
  const fields = new Map<string, unknown>(Object.entries(stored));
  const extent = fields.get('extent');
  const chart = fields.get('chart');
  return {
    run: numberOf(fields.get('run')),
    overlay: numberOf(fields.get('overlay')),
    extent: extent === 'whole' || extent === 'run' ? extent : undefined,
    chart: chart === 'course' || chart === 'sweep' ? chart : undefined,
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function keyOf(path: string): string {
  return `comic-queue ${path}`;
}
