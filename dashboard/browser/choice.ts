/** What a person has chosen on a page; remembered in this tab, across navigation and reload. */

import type { Extent } from './time-chart.js';

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
